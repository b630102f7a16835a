import { createPool, PostgresNotifications } from '@ticketbuddy/postgres';
import {
  type BrokerUnderTest,
  connectTo,
  createTestDatabase,
  openLine,
  type Parked,
  type Surroundings,
  type TestRabbitMq,
} from '@ticketbuddy/testing';
import type pg from 'pg';
import { createEmbeddedBroker } from './embedded-broker.ts';
import { createRabbitBroker } from './rabbitmq-broker.ts';
import { errorQueue } from './rabbitmq-topology.ts';

const sender = {
  machineName: 'test',
  processName: 'test',
  processId: process.pid,
  address: 'rabbitmq://localhost/test?temporary=true',
};

/** Processes of ours on a RabbitMQ, each with a line to it that can be cut. */
export async function startRabbitBrokers(server: TestRabbitMq, surroundings: Surroundings): Promise<BrokerUnderTest> {
  const started: (() => Promise<void>)[] = [];
  const another = async (url = server.url) => {
    const broker = await createRabbitBroker({ url, sender, ...surroundings });
    started.push(() => broker.stop());
    return broker;
  };
  const line = await openLine(server.url);
  const broker = await another(line.url);
  const parked = readParked(server.url);
  return {
    broker,
    another: () => another(),
    crash: () => line.cut(),
    async restart() {
      await server.ctl('stop_app');
      await server.ctl('start_app');
    },
    parked: parked.read,
    async stop() {
      await Promise.all(started.map((stop) => stop()));
      await Promise.all([line.cut(), parked.stop()]);
    },
  };
}

function readParked(url: string) {
  const connection = connectTo(url);
  const taken = new Map<string, Parked[]>();
  return {
    async read(queue: string): Promise<readonly Parked[]> {
      const parked = taken.get(queue) ?? [];
      taken.set(queue, parked);
      const message = await connection.basicGet({ queue: errorQueue(queue), noAck: true });
      const { messageId = '', headers = {} } = message ?? {};
      const [reason, retries] = [headers['MT-Fault-Message'], headers['MT-Fault-RetryCount']];
      if (message) parked.push({ id: messageId, reason, attempts: Number(retries) + 1 });
      return parked;
    },
    stop: () => connection.close(),
  };
}

/** Processes of ours on a database, each with connections of its own that can be killed. */
export async function startEmbeddedBrokers(surroundings: Surroundings): Promise<BrokerUnderTest> {
  const { url, pool: own, drop } = await createTestDatabase(3);
  const processes: EmbeddedProcess[] = [];
  const another = async () => {
    const started = startEmbeddedProcess(url, surroundings);
    processes.push(started);
    return started.broker;
  };
  const broker = await another();
  return {
    broker,
    another,
    async crash() {
      await terminate(own, processes[0]?.die() ?? []);
    },
    async restart() {
      await terminate(
        own,
        processes.flatMap(({ connected }) => connected()),
      );
    },
    async parked(queue) {
      const { rows } = await own.query<Parked>(
        `select message_id as id, reason, attempts from broker.messages
         where queue = $1 and parked_at is not null order by position`,
        [queue],
      );
      return rows;
    },
    async stop() {
      await Promise.all(processes.map(({ stop }) => stop()));
      await drop();
    },
  };
}

type EmbeddedProcess = ReturnType<typeof startEmbeddedProcess>;

function startEmbeddedProcess(url: string, surroundings: Surroundings) {
  const pool = createPool({ url, connections: 5 });
  const clients = new Set<pg.PoolClient>();
  pool.on('connect', (client) => clients.add(client));
  pool.on('remove', (client) => clients.delete(client));
  const listening = listenAtOnce(url);
  const connected = () => [...clients].map((client) => (client as unknown as { processID: number }).processID);
  return {
    broker: createEmbeddedBroker({ pool, notifications: listening, ...surroundings }),
    connected,
    die() {
      pool.connect = () => Promise.reject(new Error('This process is dead'));
      return connected();
    },
    stop: () => Promise.all([pool.end(), listening.stop()]),
  };
}

// The broker under test is consumed from after it was started, when one connection for all would listen already.
function listenAtOnce(url: string) {
  const stops: (() => Promise<void>)[] = [];
  return {
    listen(channel: string, wake: () => void) {
      const notifications = new PostgresNotifications(url);
      notifications.listen(channel, wake);
      const started = notifications.start();
      stops.push(() => started.finally(() => notifications.stop()));
    },
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

async function terminate(pool: pg.Pool, pids: readonly number[]): Promise<void> {
  await pool.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [pids]);
}
