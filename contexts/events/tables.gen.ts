import type { ColumnType } from 'kysely';
type Generated<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;
type Int8 = ColumnType<number, number, number>;
type Timestamp = ColumnType<Temporal.Instant, string, string>;
export interface Events { ends_at: Timestamp; id: string; name: string; price_pence: Int8; starts_at: Timestamp; venue: number; version: Generated<Int8>; }
export interface DB { events: Events; }
