import { createEdgeTables } from '@ticketbuddy/cutover';
import { createShadowTables } from '@ticketbuddy/shadow';
import { moverUrl } from '@ticketbuddy/takeover';
import { testDatabase } from '@ticketbuddy/testing';
import { expect, it } from 'vitest';
import { migrateReads } from './migrate-reads.ts';
import { migrateShadow, migrateShadowReport } from './migrate-shadow.ts';
import { aContext } from './test-cli.ts';

it('sets shares of reads for the owner that there is, and refuses what is none', async () => {
  const { context, next } = await bothSides();
  const set = (...[percent, endpoint]: string[]) =>
    migrateReads(context, { of: 'events', ids: [percent ?? ''], ...(endpoint && { endpoint }) });
  await next.query(`insert into ticketbuddy_migration.fences (unit, owner, epoch) values ('events', 'moving', 1)`);
  await expect(set('10')).rejects.toThrow('Nobody owns events at the moment: wait for the switch to end.');
  await next.query(`update ticketbuddy_migration.fences set owner = 'legacy'`);
  await expect(set('101')).rejects.toThrow('101 is no number from 0 to 100.');
  await expect(set('10', 'GET /users')).rejects.toThrow('GET /users is no read of events; what is: GET /events, GET /');
  expect(await set('12.5', 'GET /events/{id}')).toBe(0);
  expect(await migrateShadow(context, { of: 'events', ids: ['100'] })).toBe(0);
  expect(context.out()).toBe(
    '12.5 % of GET /events/{id} go to next, while legacy owns events.\n100 % of GET /events, GET /events/{id} are compared.\n',
  );
  const { rows } = await next.query('select endpoint, percent, shadow_percent from ticketbuddy_migration.read_shares');
  expect(rows.toSorted((one, other) => one.percent - other.percent)).toEqual([
    { endpoint: 'GET /events', percent: 0, shadow_percent: 100 },
    { endpoint: 'GET /events/{id}', percent: 12.5, shadow_percent: 100 },
  ]);
});

it('reports what became of the reads, and what differs with an example', async () => {
  const { context, next } = await bothSides();
  expect(await migrateShadowReport(context, {})).toBe(1);
  expect(context.out()).toMatch(/no evidence\n(.*\n)*.*No read was received/);
  await createShadowTables(next, { schema: 'ticketbuddy_migration' });
  const example = { request: '/events/1', at: '$.Price', control: '25', candidate: '"\u001b[2J"', seenAt: 'now' };
  await next.query(
    `insert into ticketbuddy_migration.shadow_counts
     select 'events_to_next', 'g', 'GET /events/{id}', outcome, reason, count, now()
     from (values ('received', '', 200), ('mirrored', 'same', 150), ('mirrored', 'different', 10), ('sampled out', '', 20),
       ('dropped', 'queue full', 12), ('not comparable', 'moved', 8)) as c (outcome, reason, count)`,
  );
  await next.query(
    `insert into ticketbuddy_migration.shadow_diffs
     values ('events_to_next', 'g', 'GET /events/{id}', '$.Price', 'value', false, 10, now(), '2026-06-01 12:00Z', $1)`,
    [JSON.stringify([example])],
  );
  expect(await migrateShadowReport(context, {})).toBe(1);
  const shown = context.out();
  expect(shown).toContain("events: the answers of next, compared with the owner's  differs\n");
  expect(shown).toMatch(/\n +200 +160 +20 +12 +8 +0 +GET \/events\/\{id\}\n/);
  expect(shown).toContain('  GET /events/{id}: dropped: queue full 12 · not comparable: moved 8\n');
  expect(shown).toContain('  real  GET /events/{id} $.Price (value), 10 times, last 2026-06-01 12:00:00Z\n');
  expect(shown).toContain('      /events/1 at $.Price: 25 by the owner, "\ufffd[2J" by the other\n');
});

async function bothSides() {
  const [legacy, next] = [await testDatabase(2), await testDatabase(2)];
  await createEdgeTables(next.pool);
  const LEGACY_DATABASE_URL = await moverUrl(legacy.pool, legacy.url);
  return { context: aContext({ DATABASE_URL: next.url, LEGACY_DATABASE_URL }), next: next.pool };
}
