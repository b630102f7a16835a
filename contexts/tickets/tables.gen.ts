import type { ColumnType } from 'kysely';
type Int8 = ColumnType<number, number, number>;
type Timestamp = ColumnType<Temporal.Instant, string, string>;
export interface Seats { event_id: string; held_until: Timestamp | null; holder_id: string | null; id: string; number: number; owner_id: string | null; price_pence: Int8; sold_at: Timestamp | null; }
export interface Ledger { at: Timestamp; event_id: string; held_until: Timestamp | null; kind: string; numbers: number[]; position: Int8; price_pence: Int8 | null; seat_ids: string[] | null; user_id: string | null; }
export interface DB { seats: Seats; ledger: Ledger; }
