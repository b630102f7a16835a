import { conduct, readFence, readJournal } from '@ticketbuddy/cutover';
import { until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { gates } from './gates.ts';
import { prepareTakeover } from './prepare.ts';
import { requestMove } from './request-move.ts';
import { unfinishedMove } from './store.ts';
import { insertRequest, type MoveAnswer, readRequest, takeRequest } from './store-requests.ts';
import { aLibrary, aWorker, type Library } from './test-library.ts';
import { conductUntil } from './test-mortal.ts';
import { startWorker } from './worker.ts';

const minutes = { timeout: 240_000 };
const unit = 'library';

test(
  'the worker makes the move that somebody asks for, and back, and notes which gates were open',
  minutes,
  async () => {
    const library = await aMovable();
    expect(await patiently(library, 'next')).toEqual({ outcome: 'done', ms: expect.any(Number) });
    expect(await ownerOf(library)).toEqual(['next', 'next']);
    expect(await patiently(library, 'legacy')).toEqual({ outcome: 'done', ms: expect.any(Number) });
    expect(await ownerOf(library)).toEqual(['legacy', 'legacy']);
    const acts = await Array.fromAsync(readJournal(library.next), ({ act }) => act);
    expect(acts).toEqual(expect.arrayContaining(['gates to next are open', 'gates to legacy are open']));
  },
);

test('it is refused with the gates that are closed, and they are noted', minutes, async () => {
  const library = await aMovable();
  await library.next.query('delete from ticketbuddy_migration.edges');
  const answer = await ask(library, 'next');
  expect(answer).toMatchObject({ outcome: 'refused', closed: [{ name: 'gateways', isOpen: false }] });
  expect(await ownerOf(library)).toEqual(['legacy', 'legacy']);
  const acts = await Array.fromAsync(readJournal(library.next), ({ act }) => act);
  expect(acts).toContain('refused to move to next');
});

test('a move that turns back is answered with its reason', minutes, async () => {
  const library = await aMovable();
  const client = await library.legacy.connect();
  await client.query(`begin; insert into "Library"."Book" ("BookId") values (gen_random_uuid())`);
  const reason = /^fence the old owner: After 1000 ms these transactions on library are still open/;
  expect(await ask(library, 'next')).toMatchObject({ outcome: 'undone', reasons: [expect.stringMatching(reason)] });
  await client.query('rollback');
  client.release();
});

test('what nobody takes up is withdrawn: whoever comes later does not do it', minutes, async () => {
  const library = await aLibrary();
  await expect(ask(library, 'next')).rejects.toThrow('Nothing has been started: run `migrate start library`.');
  await prepareTakeover(library.takeover);
  await expect(ask(library, 'next')).rejects.toThrow('Nobody carries library: is `migrate start library` running?');
  expect(await takeRequest(library.next, unit)).toBeUndefined();
});

test('whoever asks is told when the move is abandoned meanwhile', async () => {
  const library = await aLibrary();
  await prepareTakeover(library.takeover);
  const said = expect(ask(library, 'next')).rejects.toThrow('Somebody has abandoned the move of library');
  const withdrawn = async () => (await library.next.query('delete from ticketbuddy_migration.move_requests')).rowCount;
  await until('it is gone', async () => (await withdrawn()) === 1);
  await said;
});

test('a request that is older than anybody waits is left alone', async () => {
  const library = await aLibrary();
  await prepareTakeover(library.takeover);
  await insertRequest(library.next, unit, 'next');
  await library.next.query(
    `update ticketbuddy_migration.move_requests set asked_at = asked_at - interval '11 seconds'`,
  );
  expect(await takeRequest(library.next, unit)).toBeUndefined();
});

test('whoever is interrupted withdraws what nobody has begun, and is told when somebody has', async () => {
  const library = await aLibrary();
  await prepareTakeover(library.takeover);
  const asked = { unit, to: 'next', interrupted: AbortSignal.abort() } as const;
  await expect(requestMove(library.next, asked)).rejects.toThrow('Nobody had begun it: nothing was done.');
  expect(await takeRequest(library.next, unit)).toBeUndefined();
  const interruption = new AbortController();
  const asking = requestMove(library.next, { ...asked, interrupted: interruption.signal });
  const said = expect(asking).rejects.toThrow('The worker is still at it, without you');
  await until('it is taken', async () => (await takeRequest(library.next, unit)) !== undefined);
  interruption.abort();
  await said;
});

test('whoever wants to withdraw what is begun at that moment is told that it goes on', async () => {
  const library = await aLibrary();
  await prepareTakeover(library.takeover);
  const begunMeanwhile = async (sql: string, values: unknown[]) => {
    if (sql.startsWith('delete')) await takeRequest(library.next, unit);
    return library.next.query(sql, values);
  };
  const next = { query: begunMeanwhile } as unknown as pg.Pool;
  const asking = requestMove(next, { unit, to: 'next', interrupted: AbortSignal.abort() });
  await expect(asking).rejects.toThrow('The worker is still at it, without you');
});

test('a move that cannot be begun is answered with the reason', minutes, async () => {
  const library = await aMovable();
  const answer = await conduct(library.next, unit, () => ask(library, 'next'));
  expect(answer).toEqual({ outcome: 'failed', reasons: ['Somebody else is moving library'] });
});

test('a move that cannot be finished at once is answered when it is', minutes, async () => {
  const library = await aLibrary();
  const heard: string[] = [];
  const onError = (where: string, error: unknown) => heard.push(`${where}: ${error}`);
  const worker = await startWorker(library.takeover, { onError });
  onTestFinished(() => worker.stop());
  await openGates(library);
  await library.legacy.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$;
    create trigger refuse before update on ticketbuddy_migration.fences for each row when (new.owner = 'next')
    execute function refuse()`);
  const asking = ask(library, 'next');
  await until('it fails', async () => heard.some((text) => text.startsWith('moving the unit') && /not now/.test(text)));
  expect(await unfinishedMove(library.next, unit)).toBe(true);
  await library.legacy.query('drop trigger refuse on ticketbuddy_migration.fences');
  expect(await asking).toEqual({ outcome: 'done' });
  expect(await ownerOf(library)).toEqual(['next', 'next']);
});

test.each([
  ['before it came to a move', 0, 'undone', 'legacy'],
  ['in the middle of it', 12, 'done', 'next'],
] as const)('a worker that died %s is followed by one that answers', minutes, async (_, point, outcome, owner) => {
  const library = await aMovable();
  if (point > 0) await conductUntil(library.takeover, { to: 'next', epoch: 1, point });
  const { rows } = await library.next.query<{ nth: string }>(
    `insert into ticketbuddy_migration.move_requests (unit, to_side, asked_at, begun_at)
     values ('library', 'next', now() - interval '1 hour', now()) returning nth`,
  );
  const answer = await until('it is answered', async () => {
    const found = await readRequest(library.next, rows[0]?.nth ?? '');
    return found?.answer ?? false;
  });
  expect(answer.outcome).toBe(outcome);
  expect(await ownerOf(library)).toEqual([owner, owner]);
});

/** With a worker and a gateway, and all gates to the new system open. */
async function aMovable(): Promise<Library> {
  const library = await aLibrary();
  await aWorker(library);
  await openGates(library);
  return library;
}

async function openGates(library: Library): Promise<void> {
  await library.next.query(
    `insert into ticketbuddy_migration.edges values ('a gateway', 'library', now() + interval '1 hour', true, 0, 100)`,
  );
  await until('all gates are open', async () => (await gates(library.takeover, 'next')).every(({ isOpen }) => isOpen));
}

function ask({ next }: Library, to: 'legacy' | 'next'): Promise<MoveAnswer> {
  return requestMove(next, { unit, to, interrupted: new AbortController().signal });
}

/** On a busy machine a gate may be closed for a moment: then it is asked again, as a person would. */
function patiently(library: Library, to: 'legacy' | 'next'): Promise<MoveAnswer> {
  return until('it is moved', async () => {
    const answer = await ask(library, to);
    return answer.outcome === 'done' && answer;
  });
}

async function ownerOf({ takeover: { places } }: Library) {
  const fences = [await readFence(places.legacy.pool, unit), await readFence(places.next.pool, unit)];
  return fences.map((fence) => fence?.owner);
}
