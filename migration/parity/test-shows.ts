import { createTestDatabase } from '@ticketbuddy/testing';
import type { Compared } from './compared.ts';

export const shows: Compared = {
  name: 'shows',
  source: { table: '"Show"."Shows"', key: '"Id"' },
  target: { table: 'public.shows', key: 'id' },
  columns: [
    { name: 'title', kind: 'text', source: '"Title"', target: 'title' },
    { name: 'note', kind: 'text', source: '"Note"', target: 'note' },
    { name: 'starts', kind: 'timestamptz', source: '"StartDate"', target: 'starts' },
    { name: 'price', kind: 'integer', source: '("Price" * 100)', target: 'price_pence' },
    { name: 'fee', kind: 'numeric', source: '"Fee"', target: 'fee' },
    { name: 'venue', kind: 'integer', source: '"Venue"', target: 'venue' },
    { name: 'owner', kind: 'uuid', source: '"OwnerId"', target: 'owner_id' },
    { name: 'sold', kind: 'boolean', source: '"Sold"', target: 'sold' },
    { name: 'data', kind: 'jsonb', source: '"Data"', target: 'data' },
    { name: 'image', kind: 'bytea', source: '"Image"', target: 'image' },
  ],
};

// The md5 of a number is a key whose order has nothing to do with the number's.
const row = `
  md5(n::text)::uuid, 'Show ' || n || ' é', case n % 3 when 0 then null when 1 then '' else 'a note' end,
  case n when 7 then 'infinity' when 8 then '9999-12-31 23:59:59.999999Z'
    else '2026-06-01 12:00Z'::timestamptz + n * interval '1 hour 1 microsecond' end,
  case n % 5 when 0 then null when 1 then 0 else n + 0.25 end, (n || case n % 2 when 0 then '.5' else '.50' end)::numeric,
  n % 10, md5((n % 50)::text)::uuid, case n % 4 when 0 then null when 1 then true else false end,
  jsonb_build_object('n', n, 'tags', jsonb_build_array('a', null)), decode(md5(n::text), 'hex')`;

/** Two databases that hold the same shows, in tables of another form. */
export async function twoDatabases(count: number) {
  const [one, other] = [await createTestDatabase(2), await createTestDatabase(2)];
  const [source, target] = [one.pool, other.pool];
  await source.query(`
    create schema "Show";
    create table "Show"."Shows" ("Id" uuid primary key, "Title" text, "Note" text, "StartDate" timestamptz,
      "Price" numeric(18,2), "Fee" numeric, "Venue" int, "OwnerId" uuid, "Sold" bool, "Data" jsonb, "Image" bytea);
    insert into "Show"."Shows" select ${row} from generate_series(1, ${count}) as n`);
  await target.query(`
    create table public.shows (id uuid, title text, note text, starts timestamptz, price_pence bigint, fee numeric,
      venue smallint, owner_id uuid, sold bool, data jsonb, image bytea);
    insert into public.shows (id, title, note, starts, price_pence, fee, venue, owner_id, sold, data, image)
    select id, title, note, starts, price * 100, fee, venue, owner_id, sold, data, image
    from (select ${row} from generate_series(1, ${count}) as n)
      as r (id, title, note, starts, price, fee, venue, owner_id, sold, data, image)`);
  const drop = async () => {
    await one.drop();
    await other.drop();
  };
  return { source, target, drop };
}

/** The key of a show. */
export function keyOf(n: number): string {
  return `md5('${n}')::uuid`;
}
