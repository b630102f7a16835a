import { Refusal } from '@ticketbuddy/errors';
import { eventsModule } from '@ticketbuddy/events';
import type { Route } from '@ticketbuddy/http';
import { createDatabase } from '@ticketbuddy/postgres/database';
import type { Clock } from '@ticketbuddy/runtime';
import type { SeededRandom } from '@ticketbuddy/testing';
import { ticketsModule } from '@ticketbuddy/tickets';
import { usersModule } from '@ticketbuddy/users';
import type pg from 'pg';

/** What the box office and its customers do by chance, through the routes of the contexts. */
export type Business = {
  /** One thing; `pool` is that of the process in which it happens. Rejects when the process dies of it. */
  next(pool: pg.Pool, clock: Clock): Promise<void>;
  /** The schemas in which a message may wait since this was asked last. */
  published(): readonly string[];
  /** No event of this business starts before the one, or not before the other. */
  readonly from: Temporal.Instant;
  readonly to: Temporal.Instant;
};

type Known = { readonly id: string; readonly slot: number; readonly venue: string };

const venues = ['O2ArenaLondon', 'RoundhouseLondon', 'WembleyStadiumLondon', 'ManchesterArena'] as const;
const dayOne = Temporal.Instant.from('2100-01-01T00:00:00Z');
const slotsOfRun = 3;

/** The business of the nth run: its events have days of their own, so that runs are never in each other's way. */
export function randomBusiness(random: SeededRandom, nth: number): Business {
  const events: Known[] = [];
  const users: string[] = [];
  const touched = new Set<string>();
  const startOf = (slot: number) => dayOne.add({ hours: 24 * (nth * slotsOfRun + slot) });
  let slots = 0;

  const announce = async (office: Office) => {
    const [slot, venue] = [slots++, random.pick(venues)];
    touched.add('events');
    const location = await office('POST', '/events', {}, { ...aShow(slot), Venue: venue });
    if (location) events.push({ id: location, slot, venue });
  };
  const change = async (office: Office, { id, slot }: Known) => {
    touched.add('events');
    await office('PUT', '/events/:id', { id }, aShow(slot));
  };
  const buy = async (office: Office, { id }: Known, pool: pg.Pool) => {
    const { rows } = await pool.query('select id from tickets.seats where event_id = $1 and owner_id is null', [id]);
    if (rows.length === 0) return;
    touched.add('tickets');
    const ticketIds = random.chance(0.2) ? rows.map((row) => row.id) : [rows[random.below(rows.length)]?.id];
    await office(
      'POST',
      '/events/:eventId/tickets/purchase',
      { eventId: id },
      { userId: crypto.randomUUID(), ticketIds },
    );
  };
  const register = async (office: Office) => {
    touched.add('users');
    const user = { FullName: 'Ann Other', Email: `${crypto.randomUUID()}@example.com`, UserType: 'Customer' };
    const [id] = users;
    if (id) await office('PUT', '/users/:id', { id }, user);
    else users.push((await office('POST', '/users', {}, user)) ?? '');
  };

  function aShow(slot: number) {
    const startsAt = startOf(slot).add({ minutes: random.below(60) });
    return {
      EventName: `Show ${random.below(1_000)}`,
      StartDate: startsAt.toString(),
      EndDate: startsAt.add({ hours: 1 + random.below(3) }).toString(),
      // One in eight is refused.
      Price: random.chance(0.125) ? -1 : random.below(10_000) / 100,
    };
  }

  return {
    from: startOf(0),
    to: startOf(slotsOfRun),
    async next(pool, clock) {
      const office = openOffice(pool, clock);
      const known = events[random.below(Math.max(1, events.length))];
      const dice = random.below(100);
      if (!known || (dice < 30 && slots < slotsOfRun)) return slots < slotsOfRun ? announce(office) : undefined;
      if (dice < 80) return change(office, known);
      if (dice < 92) return buy(office, known, pool);
      return register(office);
    },
    published() {
      const schemas = [...touched];
      touched.clear();
      return schemas;
    },
  };
}

/** Sends a request to the route as the server would. Answers the id of what it made. */
type Office = (
  method: Route['method'],
  path: string,
  ids: Readonly<Record<string, string>>,
  body: object,
) => Promise<string | undefined>;

function openOffice(pool: pg.Pool, clock: Clock): Office {
  const deps = { db: createDatabase<never>(pool), clock };
  return async (method, path, ids, body) => {
    const routes = [eventsModule, usersModule, ticketsModule].flatMap((module) => module.routes(deps));
    const route = routes.find((one) => one.method === method && one.path === path);
    if (!route?.read) throw new Error(`no ${method} ${path}`);
    try {
      const incoming = { ids, body: route.read(Buffer.from(JSON.stringify(body))), headers: {}, query: {} };
      const answer = await route.handle(incoming);
      return answer.location?.split('/').at(-1);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  };
}
