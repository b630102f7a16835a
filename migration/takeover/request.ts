// What asks for a move, without all that makes one: a command that is given in a busy minute is not to be slow to start.
export { knownMoverUrl } from './mover.ts';
export { type MoveWish, requestMove } from './request-move.ts';
export type { MoveAnswer } from './store-requests.ts';
