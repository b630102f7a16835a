import type { Side } from '@ticketbuddy/cutover';
import { schemaSql } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Gate } from './needs.ts';
import { schema } from './schema.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

/** What became of a move that was asked for. */
export type MoveAnswer =
  | { readonly outcome: 'refused'; readonly closed: readonly Gate[] }
  /** Without `ms`, whoever finished it did not begin it. */
  | { readonly outcome: 'done'; readonly ms?: number }
  | { readonly outcome: 'undone'; readonly ms?: number; readonly reasons: readonly string[] }
  | { readonly outcome: 'failed'; readonly reasons: readonly string[] };

export type MoveRequest = { readonly nth: string; readonly to: Side; readonly wasBegun: boolean };

/** Is notified when a move is asked for. */
export const requestChannel = 'ticketbuddy_move_requests';

/** Who has asked has given up by then. */
const staleAfter = `interval '10 seconds'`;

export async function createRequestTable(next: Querying): Promise<void> {
  await next.query(`
    ${schemaSql(schema)};
    create table if not exists ${schema}.move_requests (
      nth bigint generated always as identity primary key, unit text not null, to_side text not null,
      asked_at timestamptz not null default clock_timestamp(), begun_at timestamptz, answer jsonb);
    create index if not exists open_requests on ${schema}.move_requests (unit, nth) where answer is null`);
}

export async function insertRequest(next: Querying, unit: string, to: Side): Promise<string> {
  const { rows } = await next.query<{ nth: string }>(
    `with asked as (insert into ${schema}.move_requests (unit, to_side) values ($1, $2) returning nth::text)
     select nth, pg_notify('${requestChannel}', '') from asked`,
    [unit, to],
  );
  return rows[0]?.nth ?? '';
}

export type RequestState = { readonly isBegun: boolean; readonly answer: MoveAnswer | null };

export async function readRequest(next: Querying, nth: string): Promise<RequestState | undefined> {
  const { rows } = await next.query<RequestState>(
    `select begun_at is not null as "isBegun", answer from ${schema}.move_requests where nth = $1`,
    [nth],
  );
  return rows[0];
}

/** Answers whether nobody had begun it, and nobody will now. */
export async function withdrawRequest(next: Querying, nth: string): Promise<boolean> {
  const { rowCount } = await next.query(`delete from ${schema}.move_requests where nth = $1 and begun_at is null`, [
    nth,
  ]);
  return rowCount === 1;
}

const isOpen = `unit = $1 and answer is null and (begun_at is not null or asked_at > clock_timestamp() - ${staleAfter})`;

/** Whether there is one of the unit that has no answer. */
export async function isAsked(next: Querying, unit: string): Promise<boolean> {
  return (await next.query(`select from ${schema}.move_requests where ${isOpen} limit 1`, [unit])).rowCount === 1;
}

/** The first of the unit that has no answer; it counts as begun from here on. */
export async function takeRequest(next: Querying, unit: string): Promise<MoveRequest | undefined> {
  const { rows } = await next.query<MoveRequest>(
    `with open as materialized (
       select nth, begun_at is not null as was_begun from ${schema}.move_requests
       where ${isOpen}
       order by nth limit 1 for update)
     update ${schema}.move_requests as r set begun_at = coalesce(begun_at, clock_timestamp())
     from open where r.nth = open.nth returning r.nth::text, r.to_side as "to", open.was_begun as "wasBegun"`,
    [unit],
  );
  return rows[0];
}

export async function answerRequest(next: Querying, nth: string, answer: MoveAnswer): Promise<void> {
  await next.query(`update ${schema}.move_requests set answer = $2 where nth = $1`, [nth, JSON.stringify(answer)]);
}
