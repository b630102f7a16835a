import { randomUUID } from 'node:crypto';
import type { Mark } from '@ticketbuddy/cutover';
import { Killed, openLine, rabbitMqIsMissing, startRabbitMq, type TestRabbitMq, until } from '@ticketbuddy/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { abandonTakeover } from './abandon.ts';
import { gates } from './gates.ts';
import { unfinishedMove } from './store.ts';
import { resumeSwitch, switchUnit } from './switch-unit.ts';
import type { Takeover } from './takeover.ts';
import { aLibrary, aWorker, lend } from './test-library.ts';
import { aHearingWorker, aToldLibrary, lendAloud, type ToldLibrary } from './test-told-library.ts';

const minutes = { timeout: 240_000 };

describe.skipIf(rabbitMqIsMissing())('what the legacy has stored and never told', () => {
  let server: TestRabbitMq;
  beforeAll(async () => {
    server = await startRabbitMq();
  });
  afterAll(() => server?.stop());

  test(
    'is told once by the new system when it is the owner, and what was told is not told again',
    minutes,
    async () => {
      const library = await aToldLibrary(server.url);
      const old = await lend(library);
      await aHearingWorker(library);
      const [told, untold] = [await lendAloud(library), randomUUID()];
      await library.keepQuiet(untold, 'Untold');
      expect(await moved(library, 'next')).toContain(
        `hear messages: 1 of 2 changed rows was never told by the legacy as it is: ${untold}`,
      );
      const [message, ...more] = await untilHeard(library, untold);
      expect(message).toMatchObject({
        message: { id: untold, title: 'Untold' },
        headers: { 'TicketBuddy-Key': untold },
      });
      // The legacy tells no version: with one, this would count as older than what somebody knows in a later version.
      expect([message?.headers, more]).toEqual([{ 'TicketBuddy-Key': untold }, []]);
      expect([library.heardOf(told).length, library.heardOf(old).length]).toEqual([1, 0]);
    },
  );

  test(
    'is told as it is now, when only the change before it was told, and counts as sent after that',
    minutes,
    async () => {
      const library = await aToldLibrary(server.url);
      await aHearingWorker(library);
      const id = await lend(library);
      // By a clock that is ahead of ours.
      await library.tell(id, `Book ${id}`, Temporal.Now.instant().add({ minutes: 5 }));
      await library.keepQuiet(id, 'Renamed');
      await moved(library, 'next');
      const [first, second, ...more] = await untilHeard(library, id, 2);
      expect([second?.message.title, more]).toEqual(['Renamed', []]);
      const [before, after] = [first, second].map((one) => Temporal.Instant.from(one?.sentTime ?? ''));
      expect(Temporal.Instant.compare(after as Temporal.Instant, before as Temporal.Instant)).toBe(1);
    },
  );

  test('is what the message that was sent last does not say, whatever comes after it', minutes, async () => {
    const library = await aToldLibrary(server.url);
    await aHearingWorker(library);
    const id = randomUUID();
    await library.keepQuiet(id, 'Kept');
    await library.tell(id, 'Kept');
    await library.tell(id, 'Before', Temporal.Now.instant().subtract({ minutes: 5 }));
    expect(await moved(library, 'next')).toContain('hear messages: all of 1 changed rows were told');
  });

  test('is not what still waits in the queue when writers are fenced', minutes, async () => {
    const library = await aToldLibrary(server.url);
    await aHearingWorker(library);
    const id = randomUUID();
    await library.keepQuiet(id, 'Told');
    const lock = `select from ticketbuddy_migration.tapped_rows where key = '${id}' for update`;
    await until('it is noted', async () => (await library.next.query(lock)).rowCount === 1);
    const client = await library.next.connect();
    await client.query(`begin; ${lock}`);
    await library.tell(id, 'Told');
    const { tap } = library.takeover;
    // From now on the reader goes on, and may not have gone on when the next thing is done.
    const mark = (text: string) => tap?.mark(text).then(() => void client.query('commit')) ?? Promise.resolve();
    const takeover = { ...library.takeover, ...(tap && { tap: { ...tap, mark } }) };
    expect(await moved({ takeover }, 'next')).toContain('hear messages: all of 1 changed rows were told');
    client.release();
    const [message, ...more] = await untilHeard(library, id);
    expect([message?.headers, more]).toEqual([{}, []]);
  });

  test('is not waited for, and nothing is heard any more, when the new owner is open', minutes, async () => {
    const library = await aToldLibrary(server.url);
    const { takeover, marks } = countingMarks(library.takeover);
    await aHearingWorker({ ...library, takeover });
    const id = randomUUID();
    await library.keepQuiet(id, 'Untold');
    const onMark = ({ step, what }: Mark) => {
      if (step === 'open the new owner' && what === 'done') throw new Killed();
    };
    const marksThen = await until('who conducts is killed', async () => {
      const end = await switchUnit(takeover, 'next', { onMark }).catch((error: unknown) => error);
      return end instanceof Killed && marks.length;
    });
    await until('somebody has finished', async () => {
      await resumeSwitch(takeover);
      return !(await unfinishedMove(takeover.places.next.pool, takeover.plan.unit));
    });
    expect(marks).toHaveLength(marksThen);
    expect(await untilHeard(library, id)).toHaveLength(1);
  });

  test('is told once, however often the unit goes over and comes back', minutes, async () => {
    const library = await aToldLibrary(server.url);
    await aHearingWorker(library);
    const [first, second] = [randomUUID(), randomUUID()];
    await library.keepQuiet(first, 'First');
    await moved(library, 'next');
    await moved(library, 'legacy');
    await library.keepQuiet(second, 'Second');
    expect(await moved(library, 'next')).toContain(
      `hear messages: 1 of 1 changed rows was never told by the legacy as it is: ${second}`,
    );
    await untilHeard(library, second);
    expect([library.heardOf(first).length, library.heardOf(second).length]).toEqual([1, 1]);
  });

  test('is only said while the legacy owns the unit, by the gate that stays open', minutes, async () => {
    const library = await aToldLibrary(server.url);
    const late: (readonly string[])[] = [];
    await aHearingWorker(library, (keys) => late.push(keys));
    await lendAloud(library);
    const id = randomUUID();
    await library.keepQuiet(id, 'Untold');
    await until('it is said', async () => late.length > 0);
    expect(late[0]).toEqual([id]);
    expect(await messagesGate(library)).toEqual({
      name: 'messages',
      isOpen: true,
      says: `1 of 2 changed rows was never told by the legacy as it is: ${id}`,
    });
    await library.relay();
    expect(library.heardOf(id)).toEqual([]);
    await library.tell(id, 'Untold');
    await until(
      'nothing is missing',
      async () => (await messagesGate(library))?.says === 'all of 2 changed rows were told',
    );
  });

  test('is not looked for from before a queue that was deleted meanwhile', minutes, async () => {
    const library = await aToldLibrary(server.url);
    await aHearingWorker(library);
    const [before, after] = [randomUUID(), randomUUID()];
    await library.keepQuiet(before, 'Before');
    await until('it is noted', async () => (await messagesGate(library))?.says.includes('1 changed') === true);
    await library.takeover.tap?.remove();
    await until(
      'it is heard anew',
      async () => (await messagesGate(library))?.says === 'all of 0 changed rows were told',
    );
    await library.keepQuiet(after, 'After');
    expect(await moved(library, 'next')).toContain(
      `hear messages: 1 of 1 changed rows was never told by the legacy as it is: ${after}`,
    );
    await untilHeard(library, after);
    expect(library.heardOf(before)).toEqual([]);
  });

  test(
    'keeps the unit where it is, before a write waits, when the broker is away or nobody hears',
    minutes,
    async () => {
      const line = await openLine(server.url);
      const library = await aToldLibrary(server.url, line.url);
      const worker = await aHearingWorker(library);
      await worker.stop();
      await expect(switchUnit(library.takeover, 'next')).rejects.toThrow('nobody hears what the legacy tells');
      await line.cut();
      const away = /^AMQP_URL: RabbitMQ at 127\.0\.0\.1:\d+ cannot be reached/;
      await expect(switchUnit(library.takeover, 'next')).rejects.toThrow(away);
      expect(await messagesGate(library)).toMatchObject({ isOpen: false, says: expect.stringMatching(away) });
      const { rows } = await library.next.query(`select act from ticketbuddy_migration.journal`);
      expect(rows).toEqual([]);
      await openAgain(server.url, line.url, library);
    },
  );

  test('is too much for a switch when it is more than ten thousand rows', minutes, async () => {
    const library = await aToldLibrary(server.url);
    await aHearingWorker(library);
    await library.legacy.query(
      `insert into "Library"."Book" ("BookId", "Title") select gen_random_uuid(), 'Untold' from generate_series(1, 10001)`,
    );
    const says = 'more than 10000 of 10001 changed rows were never told by the legacy as they are';
    await until('the gate is closed', async () => (await messagesGate(library))?.isOpen === false);
    expect(await messagesGate(library)).toMatchObject({ says });
    const marks: string[] = [];
    const onMark = ({ step, what, evidence }: Mark) => marks.push(`${step} ${what}: ${evidence}`);
    expect(await switchUnit(library.takeover, 'next', { onMark })).toBe('undone');
    expect(marks).toContain(`hear messages turned back: ${says}`);
  });

  test('a move is not abandoned by half when the broker is away', minutes, async () => {
    const line = await openLine(server.url);
    const library = await aToldLibrary(server.url, line.url);
    await (await aHearingWorker(library)).stop();
    await line.cut();
    await expect(abandonTakeover(library.takeover)).rejects.toThrow('cannot be reached');
    expect((await library.legacy.query('select from ticketbuddy_migration.fences')).rowCount).toBe(1);
    await openAgain(server.url, line.url, library);
  });

  test('an abandoned move takes its queue and its tables with it', minutes, async () => {
    const library = await aToldLibrary(server.url);
    const worker = await aHearingWorker(library);
    await library.keepQuiet(randomUUID(), 'Untold');
    await worker.stop();
    expect(await library.takeover.tap?.readers()).toBe(0);
    await abandonTakeover(library.takeover);
    expect(await library.takeover.tap?.readers()).toBeUndefined();
    const { rows } = await library.next.query(`select relname from pg_class where relname ~ 'tap'`);
    expect(rows).toEqual([]);
  });
});

test('a unit without messages, or without a broker, is moved without them, and says so', minutes, async () => {
  const library = await aLibrary();
  await aWorker(library);
  expect(await messagesGate(library)).toMatchObject({ isOpen: true, says: 'it has none' });
  expect(await moved(library, 'next')).toContain('hear messages: it has none');
});

/** Moves it, and answers what the steps say. */
async function moved({ takeover }: Pick<ToldLibrary, 'takeover'>, to: 'legacy' | 'next'): Promise<string[]> {
  return until('it is moved', async () => {
    const said: string[] = [];
    const onMark = ({ step, what, evidence }: Mark) => what === 'done' && said.push(`${step}: ${evidence}`);
    return (await switchUnit(takeover, to, { onMark })) === 'done' && said;
  });
}

/** The same, and the marks that are put behind what was told. */
function countingMarks(takeover: Takeover) {
  const { tap } = takeover;
  const marks: string[] = [];
  const mark = async (text: string) => {
    marks.push(text);
    await tap?.mark(text);
  };
  return { takeover: { ...takeover, ...(tap && { tap: { ...tap, mark } }) }, marks };
}

async function untilHeard(library: ToldLibrary, id: string, count = 1) {
  await library.relay();
  await until('it is told', async () => library.heardOf(id).length >= count);
  // What comes behind it would have come twice.
  const last = randomUUID();
  await library.tell(last, 'Last');
  await until('all is heard', async () => library.heardOf(last).length === 1);
  return library.heardOf(id);
}

async function messagesGate({ takeover }: Pick<ToldLibrary, 'takeover'>) {
  return (await gates(takeover, 'next')).find(({ name }) => name === 'messages');
}

/** So that what comes after the test can clean up. */
async function openAgain(url: string, lineUrl: string, { takeover }: ToldLibrary): Promise<void> {
  const again = await openLine(url, Number(new URL(lineUrl).port));
  onTestFinished(() => again.cut());
  await until('the broker is back', async () => (await takeover.tap?.readers().catch(() => -1)) === 0);
}
