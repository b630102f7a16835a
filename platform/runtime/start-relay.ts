import { type Broker, type Loop, outboxChannel, relayPass, repeat } from '@ticketbuddy/messaging';
import type { Notifications } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Log } from './log.ts';

const idleMs = 5_000;

export type RelayOptions = {
  readonly pool: pg.Pool;
  readonly broker: Broker;
  readonly notifications: Notifications;
  readonly log: Log;
};

/** Publishes what waits in the outbox of `schema`, woken by each commit. */
export function startRelay(schema: string, { pool, broker, notifications, log }: RelayOptions): Loop {
  const relay = repeat(() => relayPass(pool, schema, broker), {
    idleMs,
    onError: (error) => log.warn({ err: error, schema }, 'the relay failed and tries again'),
  });
  notifications.listen(outboxChannel(schema), relay.wake);
  return relay;
}
