import { type GaugeSource, gauge } from '@ticketbuddy/telemetry';
import type pg from 'pg';

/** How the connections of `pool` are used. */
export function poolGauges(pool: pg.Pool): GaugeSource {
  return async () => [
    gauge('ticketbuddy_pool_connections', 'Connections to PostgreSQL that are open.', [
      { labels: { state: 'idle' }, value: pool.idleCount },
      { labels: { state: 'busy' }, value: pool.totalCount - pool.idleCount },
    ]),
    gauge('ticketbuddy_pool_waiting', 'Pieces of work that wait for a connection.', [{ value: pool.waitingCount }]),
    gauge('ticketbuddy_pool_connections_max', 'The most connections that may be open.', [{ value: pool.options.max }]),
  ];
}
