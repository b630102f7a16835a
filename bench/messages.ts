import { openBareRabbit } from './bare-rabbitmq.ts';
import { contest } from './contest.ts';
import { consumeContest, embeddedContest, outboxToApplied, rabbitContest, relayContest } from './message-contests.ts';
import { benchLatency } from './message-latency.ts';
import { queue, startServers } from './message-servers.ts';
import type { Effort, Report } from './report.ts';
import { benchTracing } from './tracing.ts';

/** The messages' ways, each against the least that a program has to do there: see README.md. */
export async function benchMessages(effort: Effort, report: Report): Promise<void> {
  await benchBrokers(effort, report);
  await benchTracing(effort, report);
}

async function benchBrokers(effort: Effort, report: Report): Promise<void> {
  const servers = await startServers();
  const bare = await openBareRabbit(servers.rabbitUrl, queue.name);
  try {
    const count = effort.seconds * 5_000;
    const bench = { servers, bare, count };
    const figure = { unit: 'messages/s', rounds: effort.rounds };
    report(await contest({ ...figure, name: 'relay.rabbitmq', target: 0.7, ...(await relayContest(bench)) }));
    report(await contest({ ...figure, name: 'consume.inbox', target: 0.35, ...consumeContest(bench) }));
    const embedded = await embeddedContest(bench);
    report(await contest({ ...figure, name: 'embedded.end-to-end', target: 0.5, ...embedded }));
    const wholeWay = { ceiling: embedded.ceiling, ours: () => outboxToApplied(bench, servers.onPostgres()) };
    report(await contest({ ...figure, name: 'embedded.outbox-to-applied', ...wholeWay }));
    report(await contest({ ...figure, name: 'rabbitmq.outbox-to-applied', ...(await rabbitContest(bench)) }));
    await benchLatency(servers, effort, report);
  } finally {
    await bare.close();
    await servers.stop();
  }
}
