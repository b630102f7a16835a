import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '@ticketbuddy/errors';
import { type Channel, Connection } from 'rabbitmq-client';

const connectMs = 5_000;
const closeMs = 5_000;

/** A connection for somebody who asks now and then, and wants to be told at once when there is no server. */
export function openConnection(url: string, connectionName: string): Connection {
  const connection = new Connection({
    url,
    connectionName,
    acquireTimeout: connectMs,
    retryLow: 100,
    // Whoever looks while the server comes back is not told for half a minute that it is away.
    retryHigh: 1_000,
    noDelay: true,
    // The client's own default is too small for the headers of a parked message.
    frameMax: 131_072,
  });
  connection.on('error', () => undefined);
  return connection;
}

/** By force when the server does not answer. */
export async function closeConnection(connection: Connection): Promise<void> {
  await Promise.race([connection.close(), sleep(closeMs, undefined, { ref: false })]);
  connection.unsafeDestroy();
}

/** Throws a `StartError` while the server cannot be reached. */
export async function openChannel(connection: Connection, url: string): Promise<Channel> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  connection.once('error', reject);
  const opening = connection.acquire({ emitErrorsFromChannel: true });
  try {
    const channel = await Promise.race([opening, failed]);
    // Whoever waits on the channel hears of it.
    channel.on('error', () => undefined);
    return channel;
  } catch (error) {
    opening.then(
      (channel) => channel.close(),
      () => undefined,
    );
    throw unreachable(url, error);
  } finally {
    connection.off('error', reject);
  }
}

function unreachable(url: string, error: unknown): StartError {
  const { host } = new URL(url);
  const { code, message } = error as { code?: unknown; message?: unknown };
  return new StartError(`AMQP_URL: RabbitMQ at ${host} cannot be reached (${code ?? message}).`);
}
