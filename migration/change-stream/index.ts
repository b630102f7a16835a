export type { Batch, Change, Heartbeat, Key, Row } from './batch.ts';
export { type ChangeStream, openChangeStream, type StreamOptions } from './change-stream.ts';
export { NewCopyNeeded, type NewCopyReason, SchemaChanged } from './errors.ts';
export { heartbeat, type Lag, lag } from './heartbeat.ts';
export { isPast, type Position } from './position.ts';
export { abandon, acceptSchema, prepare, schemaNow } from './prepare.ts';
export { createSlot, dropSlot, guardSlot, slotSize } from './slot.ts';
export { exactTextSettings } from './store.ts';
export { quotedName, type SourceTable, type Unit } from './unit.ts';
