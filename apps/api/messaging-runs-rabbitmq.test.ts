import { createDatabase } from '@ticketbuddy/postgres/database';
import { systemClock } from '@ticketbuddy/runtime';
import { aVirtualHost, rabbitMqIsMissing, testDatabase } from '@ticketbuddy/testing';
import { expect, it, onTestFinished } from 'vitest';
import { addWitness, judgeAll } from './test-messaging-verdict.ts';
import { openTestBroker, witnessed } from './test-messaging-witness.ts';
import { nothingIsUnacknowledged } from './test-messaging-world.ts';
import { RabbitRuns } from './test-rabbitmq-runs.ts';

const runs = 150;
const runsPerClosing = 12;

it.skipIf(rabbitMqIsMissing())(
  `over RabbitMQ, whatever is killed or cut off in ${runs} runs, the contexts end up the same`,
  { timeout: 600_000 },
  async () => {
    const [host, { pool }] = await Promise.all([aVirtualHost(), testDatabase()]);
    await addWitness(pool);
    const broker = await openTestBroker(pool, host.url);
    await broker.declare(
      witnessed.flatMap((module) => module.consumers({ db: createDatabase(pool), clock: systemClock })),
    );
    const played = new RabbitRuns(pool, host.url, broker);
    onTestFinished(() => played.stop());
    const closings: Promise<unknown>[] = [];
    for (let seed = 0; seed < runs; seed++) {
      // In the midst of the run, at whatever it is just doing.
      if (seed % runsPerClosing === 0) closings.push(host.ctl('close_all_connections', 'a test'));
      await played.play(seed);
    }
    await Promise.all(closings);
    const seats = await played.settle(() => judgeAll(pool));
    await nothingIsUnacknowledged(host);
    process.stderr.write(
      `\n${runs} runs over RabbitMQ, 0 differences: ${JSON.stringify({ ...played.tally, closed: closings.length, seats })}\n\n`,
    );
    expect(played.tally.runs).toBe(runs);
  },
);
