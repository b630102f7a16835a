import type pg from 'pg';

/** How many messages of the outbox of `schema`, sent until then, the broker does not have yet. */
export async function outboxWaiting(pool: pg.Pool, schema: string, sentUntil: Temporal.Instant): Promise<number> {
  const { rows } = await pool.query<{ waiting: number }>(
    `select count(*)::int as waiting from ${schema}.outbox where published_at is null and sent_at <= $1`,
    [sentUntil.toString()],
  );
  return rows[0]?.waiting ?? 0;
}
