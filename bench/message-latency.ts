import { setTimeout as sleep } from 'node:timers/promises';
import { addToOutbox, type Message, once, outboxChannel, relayPass, repeat } from '@ticketbuddy/messaging';
import { bounded } from './contest.ts';
import { queue, type Servers, type Turn } from './message-servers.ts';
import { newMessages } from './message-stock.ts';
import type { Effort, Report } from './report.ts';

const perSecond = 500;
// Enough that no commit waits for another; no more than leaves connections to the relay and the consumer.
const buyers = 8;

/** How long after its commit a message is applied, at 500 commits a second that wait for nothing (an open loop). */
export async function benchLatency(servers: Servers, effort: Effort, report: Report): Promise<void> {
  const brokers = [
    ['latency.commit-to-consumed', servers.onPostgres],
    ['latency.rabbitmq.commit-to-consumed', servers.onRabbitMq],
  ] as const;
  for (const [name, turn] of brokers) {
    const waitsMs: number[] = [];
    for (let round = 0; round <= effort.rounds; round++) {
      const measured = await oneRound(servers, turn(), newMessages(effort.seconds * perSecond));
      if (round > 0) waitsMs.push(...measured);
    }
    waitsMs.sort((one, other) => one - other);
    report(bounded(`${name}.p50`, quantile(waitsMs, 0.5), 'ms', 15));
    report(bounded(`${name}.p99`, quantile(waitsMs, 0.99), 'ms', 100));
  }
}

async function oneRound({ db, pool }: Servers, turn: Turn, messages: readonly Message[]): Promise<number[]> {
  const { broker, notifications, start, end } = turn;
  const applied = new Map<string, number>();
  const handle = once(db, 'tickets', async () => undefined);
  const consumer = broker.consume(queue.name, async (message) => {
    await handle(message);
    applied.set(message.id, performance.now());
  });
  const relay = repeat(() => relayPass(pool, 'events', broker), { idleMs: 5_000 });
  notifications.listen(outboxChannel('events'), relay.wake);
  await start();
  const committed = await commitOnTime(db, messages);
  while (applied.size < messages.length) await sleep(10);
  await Promise.all([relay.stop(), consumer.stop()]);
  await end();
  return messages.map(({ id }) => (applied.get(id) ?? Number.NaN) - (committed.get(id) ?? 0));
}

/** Commits each message at its time, whatever became of those before it; answers when each was committed. */
async function commitOnTime(db: Servers['db'], messages: readonly Message[]): Promise<Map<string, number>> {
  const committed = new Map<string, number>();
  const started = performance.now();
  let next = 0;
  const buyer = async () => {
    for (let nth = next++; nth < messages.length; nth = next++) {
      const message = messages[nth] as Message;
      await sleep(Math.max(0, started + (nth * 1000) / perSecond - performance.now()));
      await db.transaction((tx) => addToOutbox(tx, 'events', message));
      committed.set(message.id, performance.now());
    }
  };
  await Promise.all(Array.from({ length: buyers }, buyer));
  return committed;
}

/** To a tenth. */
function quantile(sorted: readonly number[], share: number): number {
  return Math.round((sorted[Math.floor(sorted.length * share)] ?? Number.NaN) * 10) / 10;
}
