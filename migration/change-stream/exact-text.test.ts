import { describe, expect, it } from 'vitest';
import { captures, sourceBy, take } from './test-source.ts';

const columns = `
  id uuid primary key, price numeric(18,2), rate numeric, at timestamptz, local timestamp, day date, note text, code char(4),
  seats int, large int8, share float8, is_open bool, body jsonb, raw json, bytes bytea, list text[], span interval,
  net inet, sign "char", place point`;

// What a source may hold, and the text by which it has to arrive.
const values: readonly (readonly [column: string, literal: string, text: string | null])[] = [
  ['price', '1234567890123456.70', '1234567890123456.70'],
  ['price', '0', '0.00'],
  ['rate', '0.1000000000000000000000000000000000001', '0.1000000000000000000000000000000000001'],
  ['rate', "'NaN'", 'NaN'],
  ['rate', '1.10', '1.10'],
  ['at', "'2031-01-02 19:00:00.123456+02'", '2031-01-02 17:00:00.123456+00'],
  ['at', "'infinity'", 'infinity'],
  ['at', "'-infinity'", '-infinity'],
  ['at', "'0001-01-01 00:00:00+00'", '0001-01-01 00:00:00+00'],
  ['at', "'9999-12-31 23:59:59.999999+00'", '9999-12-31 23:59:59.999999+00'],
  ['local', "'2031-03-30 02:30:00.000001'", '2031-03-30 02:30:00.000001'],
  ['day', "'2024-02-29'", '2024-02-29'],
  ['note', "''", ''],
  ['note', 'null', null],
  ['note', "'two spaces  '", 'two spaces  '],
  ['note', "E'\\uFEFFa byte order mark'", '\uFEFFa byte order mark'],
  ['note', "E'e\\u0301 and \\u00e9'", 'e\u0301 and \u00e9'],
  ['note', "'👩‍👩‍👧‍👦 🏳️‍🌈 𝔘'", '👩‍👩‍👧‍👦 🏳️‍🌈 𝔘'],
  ['note', "E'\\uFFFD \\u0001 \\u200E \\n\\r\\t'", '\uFFFD \u0001 \u200E \n\r\t'],
  ['code', "'ab'", 'ab  '],
  ['seats', '-2147483648', '-2147483648'],
  ['large', '9223372036854775807', '9223372036854775807'],
  ['share', '0.1', '0.1'],
  ['share', '1e300', '1e+300'],
  ['is_open', 'true', 't'],
  ['body', `'{"b": 1.10, "a": "\\u00e9"}'`, '{"a": "é", "b": 1.10}'],
  ['raw', `'{"b":1.10,  "a":null}'`, '{"b":1.10,  "a":null}'],
  ['bytes', "'\\x00ff'", '\\x00ff'],
  ['list', `'{"a b",null,""}'`, '{"a b",NULL,""}'],
  ['net', "'10.0.0.1/32'", '10.0.0.1'],
  ['sign', "'x'", 'x'],
  ['place', "'(0.1,2)'", '(0.1,2)'],
  ['span', "'1 year 2 days 00:00:00.000001'", '1 year 2 days 00:00:00.000001'],
];

describe.each(captures)('captured by %s', (capture) => {
  const aSource = sourceBy(capture);

  it('a value arrives as the very text that PostgreSQL writes for it, after an insert and after an update', async () => {
    const { pool, open } = await aSource(columns);
    const stream = await open();
    const id = '0000FFFF-0000-4000-8000-00000000000A';
    const arrived = [];
    for (const [column, literal] of values) {
      await pool.query(`insert into "Seats" (id, "${column}") values ('${id}', ${literal})`);
      await pool.query(`update "Seats" set "${column}" = ${literal}; delete from "Seats"`);
      const [inserted, updated] = [await take(stream), await take(stream)];
      arrived.push([column, literal, inserted.changes[0]?.row?.[column]]);
      expect(updated.changes[0]?.row).toEqual(inserted.changes[0]?.row);
      expect(updated.changes[1]?.oldKey).toEqual({ id: id.toLowerCase() });
    }
    expect(arrived).toEqual(values);
  });

  it('a session that writes dates in another style and zone changes nothing', async () => {
    const { url, pool, open } = await aSource(columns);
    const name = new URL(url).pathname.slice(1);
    await pool.query(`alter database ${name} set datestyle = 'German'; alter database ${name} set timezone = 'Asia/Tokyo';
      alter database ${name} set intervalstyle = 'iso_8601'; alter database ${name} set bytea_output = 'escape';
      alter database ${name} set extra_float_digits = -5`);
    const stream = await open();
    await pool.query(`insert into "Seats" (id, at, day, span, bytes, share)
      values (gen_random_uuid(), '2031-01-02 00:00Z', '2031-01-02', '1 day', '\\x00ff', 0.1::float8 + 0.2)`);
    const row = (await take(stream)).changes[0]?.row;
    expect([row?.at, row?.day, row?.span, row?.bytes, row?.share]).toEqual([
      '2031-01-02 00:00:00+00',
      '2031-01-02',
      '1 day',
      '\\x00ff',
      '0.30000000000000004',
    ]);
  });
});
