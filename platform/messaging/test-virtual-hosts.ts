import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectTo, type VirtualHost } from '@ticketbuddy/testing';
import { AMQPChannelError, type Connection, type SyncMessage } from 'rabbitmq-client';

/** What a virtual host holds: a line for each exchange, binding and queue, with its form, sorted. */
export type Topology = readonly string[];

/** Hands of our own in a virtual host. */
export type Tap = {
  send(exchange: string, message: Sent): Promise<void>;
  /** Takes so many out of a queue, which need not be there yet. */
  take(queue: string, count: number): Promise<readonly Taken[]>;
  /** Gathers what goes through an exchange in a queue. */
  gather(exchange: string, queue: string): Promise<void>;
  close(): Promise<void>;
};

export type Sent = { readonly messageId?: string; readonly contentType?: string; readonly body: string };
export type Taken = Sent & { readonly exchange: string; readonly headers: Readonly<Record<string, unknown>> };

const boundMs = 60_000;

/** The topologies of virtual hosts of one server, in their order, without what every one has. */
export async function topologiesOf(...hosts: readonly [VirtualHost, ...VirtualHost[]]): Promise<Topology[]> {
  const { exchanges, bindings, queues }: Definitions = JSON.parse(await hosts[0].ctl('export_definitions', '-'));
  return hosts.map(({ name: host }) => {
    const within = ({ vhost }: { readonly vhost: string }) => vhost === host;
    return [
      ...exchanges.filter(within).map(({ name, type, ...rest }) => `exchange ${name} ${type} ${formOf(rest)}`),
      ...bindings.filter(within).map((one) => `binding ${one.source} > ${one.destination_type} ${one.destination}`),
      ...queues.filter(within).map(({ name, ...rest }) => `queue ${name} ${formOf(rest)}`),
    ].sort();
  });
}

/** The legacy's, after every kind of message had failed. */
export function recordedTopology(): Topology {
  const file = new URL('../../testing/captures/amqp/topology-after.json', import.meta.url);
  const { exchanges, bindings, queues }: Printed = JSON.parse(readFileSync(file, 'utf8'));
  return [
    ...rowsOf(exchanges)
      .filter(({ name = '' }) => name !== '' && !name.startsWith('amq.'))
      .map(({ name, type, ...rest }) => `exchange ${name} ${type} ${formOf(rest)}`),
    ...rowsOf(bindings)
      // Every queue is bound to the exchange without a name.
      .filter(({ source_name: source }) => source !== '')
      .map((row) => `binding ${row.source_name} > ${row.destination_kind} ${row.destination_name}`),
    // A queue without arguments is a classic one.
    ...rowsOf(queues).map(({ name, ...rest }) => `queue ${name} ${formOf(rest)}`),
  ].sort();
}

type Form = { readonly durable?: unknown; readonly auto_delete?: unknown; readonly arguments?: unknown };
type Printed = Readonly<Record<'exchanges' | 'bindings' | 'queues', readonly string[]>>;
type Named = Form & { readonly vhost: string; readonly name: string };
type Definitions = {
  readonly exchanges: readonly (Named & { readonly type: string })[];
  readonly queues: readonly Named[];
  readonly bindings: readonly {
    readonly vhost: string;
    readonly source: string;
    readonly destination: string;
    readonly destination_type: string;
  }[];
};

function formOf({ durable, auto_delete: autoDelete, arguments: given = {} }: Form): string {
  const args = typeof given === 'string' ? given : JSON.stringify(Object.entries(given as object));
  return `durable ${durable} auto-delete ${autoDelete} ${args}`;
}

// As rabbitmqctl printed them: a line of headings first.
function rowsOf([headings = '', ...lines]: readonly string[]): readonly Readonly<Record<string, string>>[] {
  const names = headings.split('\t');
  return lines.map((line) => Object.fromEntries(line.split('\t').map((cell, at) => [names[at] ?? '', cell])));
}

/** How many messages wait in each queue. */
export async function depthsOf({ ctl }: VirtualHost): Promise<Readonly<Record<string, number>>> {
  const printed = await ctl('list_queues', '--no-table-headers', 'name', 'messages');
  const lines = printed.split('\n').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => line.split('\t')).map(([name, depth]) => [name, Number(depth)]));
}

export function openTap(url: string): Tap {
  const connection = connectTo(url);
  const publisher = connection.createPublisher({ confirm: true });
  return {
    async send(exchange, { body, ...properties }) {
      await publisher.send({ ...properties, exchange, durable: true }, Buffer.from(body));
    },
    async take(queue, count) {
      const taken: Taken[] = [];
      for (const deadline = performance.now() + boundMs; taken.length < count; ) {
        const message = await takeOne(connection, queue);
        if (message) taken.push(message);
        else if (performance.now() > deadline) throw new Error(`${queue} got ${taken.length} of ${count} messages`);
        else await sleep(20);
      }
      return taken;
    },
    async gather(exchange, queue) {
      await connection.exchangeDeclare({ exchange, type: 'fanout', durable: true });
      await connection.queueDeclare({ queue });
      await connection.queueBind({ exchange, queue });
    },
    async close() {
      await publisher.close();
      await connection.close();
    },
  };
}

async function takeOne(connection: Connection, queue: string): Promise<Taken | undefined> {
  try {
    const message = await connection.basicGet({ queue, noAck: true });
    return message && toTaken(message);
  } catch (error) {
    if (error instanceof AMQPChannelError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

function toTaken({ exchange, messageId, contentType, headers = {}, body }: SyncMessage): Taken {
  const text = Buffer.isBuffer(body) || typeof body === 'string' ? String(body) : JSON.stringify(body);
  return { exchange, headers, body: text, ...(messageId && { messageId }), ...(contentType && { contentType }) };
}
