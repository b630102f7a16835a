import { type GaugeSource, gauge } from '@ticketbuddy/telemetry';
import type pg from 'pg';
import type { BrokerAdmin } from './broker-admin.ts';

/** What waits in the outboxes of these schemas, and since when. */
export function outboxGauges(pool: pg.Pool, schemas: readonly string[]): GaugeSource {
  return async () => {
    const outboxes = await Promise.all(schemas.map((schema) => outboxOf(pool, schema)));
    const samples = (value: (of: Outbox) => number) =>
      outboxes.map((outbox) => ({ labels: { context: outbox.schema }, value: value(outbox) }));
    return [
      gauge(
        'ticketbuddy_outbox_waiting',
        'Messages that the broker does not have yet.',
        samples(({ waiting }) => waiting),
      ),
      gauge(
        'ticketbuddy_outbox_oldest_age_seconds',
        'How long the oldest of them has been waiting; 0 when none is.',
        samples(({ ageSeconds }) => ageSeconds),
      ),
    ];
  };
}

/** What waits in the queues, and what a person has to see. */
export function queueGauges(admin: Pick<BrokerAdmin, 'depths'>, queues: readonly string[]): GaugeSource {
  return async () => {
    const depths = await admin.depths(queues);
    const samples = (of: 'waiting' | 'parked') =>
      depths.map(({ queue, [of]: value }) => ({ labels: { queue }, value }));
    return [
      gauge('ticketbuddy_queue_waiting', 'Messages that wait in the queue or are worked on.', samples('waiting')),
      gauge('ticketbuddy_messages_parked', 'Messages that are set aside for a person.', samples('parked')),
    ];
  };
}

type Outbox = { readonly schema: string; readonly waiting: number; readonly ageSeconds: number };

async function outboxOf(pool: pg.Pool, schema: string): Promise<Outbox> {
  const { rows } = await pool.query<Omit<Outbox, 'schema'>>(
    `select count(*)::int as waiting,
       greatest(0, coalesce(extract(epoch from clock_timestamp() - min(sent_at)), 0))::float as "ageSeconds"
     from ${schema}.outbox where published_at is null`,
  );
  return { schema, waiting: 0, ageSeconds: 0, ...rows[0] };
}
