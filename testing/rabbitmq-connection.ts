import { Connection } from 'rabbitmq-client';

// A machine that does a lot else may answer this late. The limit of the test itself is the one that counts.
const patienceMs = 60_000;

/** A connection that is not ours, to the RabbitMQ server of a test. It is made anew as long as nobody closes it. */
export function connectTo(url: string): Connection {
  const connection = new Connection({
    url,
    connectionTimeout: patienceMs,
    acquireTimeout: patienceMs,
    retryHigh: 1_000,
    retryLow: 100,
  });
  connection.on('error', () => undefined);
  return connection;
}
