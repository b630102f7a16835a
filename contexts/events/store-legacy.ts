import type pg from 'pg';

export type Querying = Pick<pg.ClientBase, 'query'>;

export type ToldRow = {
  readonly id: string;
  readonly name: string;
  readonly starts_at: Temporal.Instant;
  readonly ends_at: Temporal.Instant;
  readonly venue: number;
  readonly price_pence: string;
};

/** Without those that have no price: no message can say so. */
export async function pricedRows(query: Querying, ids: readonly string[]): Promise<ToldRow[]> {
  const { rows } = await query.query<ToldRow>(
    `select id, name, starts_at, ends_at, venue, price_pence::text as price_pence
     from events.events where id = any($1::uuid[]) and price_pence is not null`,
    [ids],
  );
  return rows;
}
