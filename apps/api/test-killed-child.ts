import { flushCompileCache } from 'node:module';
import { type Broker, relayPass } from '@ticketbuddy/messaging';
import { createPool } from '@ticketbuddy/postgres';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { systemClock } from '@ticketbuddy/runtime';
import pg from 'pg';
import { Connection } from 'rabbitmq-client';
import { openTestBroker, witnessed } from './test-messaging-witness.ts';

/** What the process does, and the step at which it kills itself. */
export type Order = {
  readonly role: 'relay' | 'tickets.events' | 'witness';
  readonly url: string;
  readonly amqpUrl: string | undefined;
  readonly killAt: number;
};

type AnyQuery = (...given: unknown[]) => unknown;

// A statement that ends in nothing lasting is rolled back, as when its process dies before it.
const lasting = /^(commit|with added)\b/;

const order: Order = JSON.parse(process.argv[2] ?? '');
let steps = 0;
let armed = false;

const pool = createPool({ url: order.url, connections: 8 });
pool.on('connect', killAtStatements);
const deps = { db: createDatabase<never>(pool), clock: systemClock };
if (order.amqpUrl !== undefined) await killAtAcknowledgements(order.amqpUrl);
const broker = await openTestBroker(pool, order.amqpUrl);
const consumers = witnessed.flatMap((module) => module.consumers(deps));
await broker.declare(consumers);
// Those who come after start faster.
flushCompileCache();
armed = true;
await (order.role === 'relay' ? relay() : consume());
process.exit(0);

function step(): void {
  if (armed && ++steps === order.killAt) process.kill(process.pid, 'SIGKILL');
}

// Before each statement; while the server works on it, only where something lasting may come of it.
function killAtStatements(client: pg.PoolClient): void {
  const query = client.query as AnyQuery;
  const stepping: AnyQuery = (...given) => {
    step();
    const answer = query.apply(client, given);
    if (lasting.test(textOf(given[0]))) step();
    return answer;
  };
  Object.assign(client, { query: stepping });
}

function textOf(query: unknown): string {
  return (typeof query === 'string' ? query : (query as pg.QueryConfig).text).trim();
}

async function relay(): Promise<void> {
  const publish: Broker['publish'] = async (messages) => {
    step();
    await broker.publish(messages);
    step();
  };
  await relayPass(pool, 'events', { publish } as Broker);
}

/** Until nothing is left of the queue. */
async function consume(): Promise<void> {
  const watching = new pg.Client(order.url);
  await watching.connect();
  const { handle } = consumers.find(({ name }) => name === order.role) ?? {};
  if (!handle) throw new Error(`nobody consumes ${order.role}`);
  const subscription = broker.consume(order.role, handle);
  const isOver = order.amqpUrl === undefined ? queueIsEmpty : witnessHasAll;
  while (!(await isOver(watching))) await new Promise((resolve) => setTimeout(resolve, 10));
  await subscription.stop();
}

async function queueIsEmpty(watching: pg.Client): Promise<boolean> {
  return (await watching.query('select from broker.messages where queue = $1', [order.role])).rowCount === 0;
}

async function witnessHasAll(watching: pg.Client): Promise<boolean> {
  const missing = 'select from events.outbox where message_id not in (select message_id from witness.inbox)';
  return (await watching.query(missing)).rowCount === 0;
}

// Before and after each acknowledgement, which is nobody's business but the client's.
async function killAtAcknowledgements(url: string): Promise<void> {
  const connection = new Connection({ url, connectionTimeout: 60_000 });
  const channel = await connection.acquire();
  const prototype = Object.getPrototypeOf(channel) as { basicAck: AnyQuery };
  const acknowledge = prototype.basicAck;
  prototype.basicAck = function (...given) {
    step();
    acknowledge.apply(this, given);
    step();
  };
  await channel.close();
  await connection.close();
}
