import { createDatabase } from '@ticketbuddy/postgres/database';
import { auditSeats } from '@ticketbuddy/tickets';
import type pg from 'pg';

/** What has to be true after a run, whatever went wrong in it. */
export type RunPromise =
  | 'every message is published'
  | 'tickets knows every event as events does'
  | 'tickets knows every user as users does'
  | 'events knows which of them are sold out'
  | 'every seat exists once, and has the price of its event until it is sold'
  | 'the inbox of tickets holds every message'
  | 'every message has its effect once'
  | 'nothing is published twice while nothing fails'
  | 'a run comes to its end'
  | 'the ledger tells the same as the seats';

export class BrokenPromise extends Error {
  constructor(promise: RunPromise, found: unknown) {
    super(`${promise} – broken: ${JSON.stringify(found).slice(0, 1_000)}`);
  }
}

/** The events of one run, by their starts, and what was there before it. */
export type Extent = {
  readonly from: Temporal.Instant;
  readonly to: Temporal.Instant;
  readonly outboxPosition: number;
  /** Whether the witness was there. */
  readonly isWitnessed: boolean;
};

/**
 * A consumer of its own, in a schema of its own: each message adds a row, and nothing but the inbox keeps a second
 * delivery from adding a second one.
 */
export async function addWitness(pool: pg.Pool): Promise<void> {
  await pool.query(`
    create schema witness;
    create table witness.inbox (message_id uuid primary key, received_at timestamptz not null default now());
    create table witness.effects (message_id uuid not null);
    create index effects_by_message on witness.effects (message_id)`);
}

/** Throws the first promise that does not hold for a run. Answers the last position in the outbox of events. */
export async function judgeRun(pool: pg.Pool, { from, to, outboxPosition, isWitnessed }: Extent): Promise<number> {
  const { rows } = await pool.query(verdict, [from.toString(), to.toString(), outboxPosition, isWitnessed]);
  const { last, unpublished, different, seats, sold_out, missing, effects } = rows[0] ?? {};
  judge('every message is published', unpublished);
  judge('tickets knows every event as events does', different);
  judge('every seat exists once, and has the price of its event until it is sold', seats);
  judge('events knows which of them are sold out', sold_out);
  judge('the inbox of tickets holds every message', missing);
  judge('every message has its effect once', effects);
  return last ?? outboxPosition;
}

/** The same for all runs of a database together, where that is cheaper or says more. Answers how many seats it saw. */
export async function judgeAll(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query(verdictOfAll);
  judge('tickets knows every event as events does', rows[0]?.events);
  judge('tickets knows every user as users does', rows[0]?.users);
  let [after, seats]: [string | undefined, number] = [undefined, 0];
  do {
    const page = await auditSeats({ db: createDatabase(pool) }, after);
    judge('the ledger tells the same as the seats', page.findings.length > 0 ? page.findings : null);
    [after, seats] = [page.next, seats + page.seats];
  } while (after);
  return seats;
}

function judge(promise: RunPromise, found: unknown): void {
  if (found !== null && found !== undefined) throw new BrokenPromise(promise, found);
}

const verdict = `
  with of_run as materialized (select * from events.events where starts_at >= $1 and starts_at < $2),
  sent as materialized (select message_id, position from events.outbox where position > $3)
  select
    (select max(position) from sent) as last,
    (select json_agg(message_id) from (
       select message_id from events.outbox where published_at is null
       union all select message_id from users.outbox where published_at is null
       union all select message_id from tickets.outbox where published_at is null) as waiting) as unpublished,
    (select json_agg(json_build_object('events', e, 'tickets', t)) from of_run as e left join tickets.events as t using (id)
     where (e.name, e.starts_at, e.ends_at, e.venue, e.price_pence, e.version)
       is distinct from (t.name, t.starts_at, t.ends_at, t.venue, t.price_pence, t.version)) as different,
    (select json_agg(seen) from (
       select e.id, count(s.number), count(distinct s.id) as ids, min(s.number), max(s.number),
         count(*) filter (where s.owner_id is null and s.price_pence <> e.price_pence) as otherwise_priced
       from of_run as e join tickets.events as t using (id) left join tickets.seats as s on s.event_id = e.id
       group by e.id, t.capacity
       having (count(s.number), count(distinct s.id), min(s.number), max(s.number))
         is distinct from (t.capacity, t.capacity, 1, t.capacity)
         or count(*) filter (where s.owner_id is null and s.price_pence <> e.price_pence) > 0) as seen) as seats,
    (select json_agg(e.id) from of_run as e
     where not exists (select from events.sold_out as o where o.event_id = e.id)
       is distinct from exists (select from tickets.seats as s where s.event_id = e.id and s.owner_id is null)) as sold_out,
    (select json_agg(message_id) from sent
     where not exists (select from tickets.inbox as i where i.message_id = sent.message_id)) as missing,
    (select json_agg(seen) from (
       select message_id, (select count(*) from witness.effects as e where e.message_id = sent.message_id) as times
       from sent where $4) as seen where seen.times <> 1) as effects`;

const verdictOfAll = `
  select
    (select json_agg(id) from tickets.events where id not in (select id from events.events)) as events,
    (select json_agg(json_build_object('users', u, 'tickets', b)) from users.users as u
     full join tickets.buyers as b using (id)
     where (u.full_name, u.email, u.version) is distinct from (b.full_name, b.email, b.version)) as users`;
