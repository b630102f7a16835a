import { createPool } from '@ticketbuddy/postgres';
import { startModules, systemClock } from '@ticketbuddy/runtime';
import { seededRandom, until, type VirtualHost } from '@ticketbuddy/testing';
import type pg from 'pg';
import { type Business, randomBusiness } from './test-messaging-business.ts';
import { judgeAll, judgeRun } from './test-messaging-verdict.ts';
import { witnessed } from './test-messaging-witness.ts';

export type Addresses = { readonly url: string; readonly amqpUrl: string | undefined };

/** Relays and consumers of all contexts, as a process of ours runs them. `parked` and `warnings` are what it has logged. */
export async function startMessaging({ url, amqpUrl }: Addresses) {
  const parked: object[] = [];
  const failures = new Map<string, number>();
  const warnings: string[] = [];
  const pool = createPool({ url, connections: 12 });
  const running = await startModules({
    modules: witnessed,
    everyModule: witnessed,
    pool,
    url,
    amqpUrl,
    clock: systemClock,
    log: {
      warn(context, message) {
        const { err, messageId } = context as { readonly err?: unknown; readonly messageId?: string };
        warnings.push(`${message}: ${err}`);
        if (messageId) failures.set(messageId, (failures.get(messageId) ?? 0) + 1);
      },
      error: (context) => parked.push(context),
    },
  });
  return {
    parked,
    warnings,
    /** How often each message has failed. */
    failures,
    async stop() {
      await running.stop();
      await pool.end();
    },
  };
}

/** Business by chance, one thing after the other, until it is stopped. What fails for a passing reason is let go. */
export function startBusiness(pool: pg.Pool) {
  const told = { things: 0, failures: [] as unknown[] };
  let stopped = false;
  const running = run();
  return {
    told,
    async stop() {
      stopped = true;
      await running;
    },
  };

  async function run(): Promise<void> {
    for (let nth = 0; !stopped; nth++) {
      const business = randomBusiness(seededRandom(nth), nth);
      for (let things = 0; things < 5 && !stopped; things++) await doOne(business);
    }
  }

  async function doOne(business: Business): Promise<void> {
    await business.next(pool, systemClock).then(
      () => void told.things++,
      (error) => void told.failures.push(error),
    );
    // The others get a turn.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const deliveryMsMax = 60_000;
const dawn = Temporal.Instant.from('2099-01-01T00:00:00Z');
const dusk = Temporal.Instant.from('9999-01-01T00:00:00Z');

/** Resolves when every message is published and has had its effect, once, and the contexts agree; throws after a minute. */
export async function allIsDelivered(pool: pg.Pool): Promise<void> {
  const agree = async () => {
    await judgeRun(pool, { from: dawn, to: dusk, outboxPosition: 0, isWitnessed: true });
    // The messages of users have no witness.
    await judgeAll(pool);
  };
  const isSo = () =>
    agree().then(
      () => true,
      () => false,
    );
  // When it does not come true, the verdict says what is wrong.
  await until('the contexts agree', isSo, deliveryMsMax).catch(agree);
}

/** Resolves when RabbitMQ has delivered nothing that nobody acknowledged. */
export async function nothingIsUnacknowledged({ ctl }: VirtualHost): Promise<void> {
  await until('nothing is unacknowledged', async () => {
    const listed = await ctl('list_queues', '--no-table-headers', 'messages_unacknowledged');
    return listed
      .trim()
      .split('\n')
      .every((count) => count === '0');
  });
}
