export type { Coding } from './content-coding.ts';
export { type EventStream, eventStreamType } from './event-stream.ts';
export { jsonBody } from './json-body.ts';
export { jsonList } from './json-list.ts';
export { type Representation, representation } from './representation.ts';
export { type Answer, created, type Incoming, noContent, ok, type Route, route } from './route.ts';
export { createServer } from './server.ts';
