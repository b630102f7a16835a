import type pg from 'pg';
import { keyOf } from './test-shows.ts';

const one = `update public.shows set`;
const is5 = `where id = ${keyOf(5)}`;
const swapped = (column: string) => `
  update public.shows as s set ${column} = o.${column} from public.shows as o
  where (s.id, o.id) in ((${keyOf(5)}, ${keyOf(6)}), (${keyOf(6)}, ${keyOf(5)}))`;

/** What happens to the target, and what it has to be told as: the show's number and the column, or what it is as a whole. */
export const corruptions: readonly (readonly [string, string, readonly string[]])[] = [
  ['one letter in the other case', `${one} title = 'show 5 é' ${is5}`, ['5 title']],
  ['a blank at the end', `${one} title = title || ' ' ${is5}`, ['5 title']],
  ['a blank at the beginning', `${one} title = ' ' || title ${is5}`, ['5 title']],
  ['the same letter made of two characters', `${one} title = normalize(title, nfd) ${is5}`, ['5 title']],
  [
    'a letter of another alphabet that looks the same',
    `${one} title = replace(title, 'o', U&'\\043E') ${is5}`,
    ['5 title'],
  ],
  ['a blank that does not break', `${one} title = replace(title, ' ', U&'\\00A0') ${is5}`, ['5 title']],
  ['a tab instead of a blank', `${one} title = replace(title, ' ', e'\\t') ${is5}`, ['5 title']],
  ['a character without width', `${one} title = title || U&'\\200D' ${is5}`, ['5 title']],
  ['a line end', `${one} title = title || e'\\r\\n' ${is5}`, ['5 title']],
  ['a text cut off', `${one} title = left(title, 5) ${is5}`, ['5 title']],
  ['a letter that became a question mark', `${one} title = replace(title, 'é', '?') ${is5}`, ['5 title']],
  ['a text written in UTF-8 twice', `${one} title = replace(title, 'é', 'Ã©') ${is5}`, ['5 title']],
  ['an empty text that became none', `${one} note = null where id = ${keyOf(4)}`, ['4 note']],
  ['no text that became an empty one', `${one} note = '' where id = ${keyOf(6)}`, ['6 note']],
  ['the word null', `${one} note = 'null' where id = ${keyOf(6)}`, ['6 note']],
  [
    'a letter that moved to the next column',
    `${one} title = left(title, -1), note = right(title, 1) || note ${is5}`,
    ['5 note', '5 title'],
  ],
  ['two columns swapped in a row', `${one} title = note, note = title ${is5}`, ['5 note', '5 title']],
  ['a microsecond more', `${one} starts = starts + interval '1 microsecond' ${is5}`, ['5 starts']],
  ['a microsecond less', `${one} starts = starts - interval '1 microsecond' ${is5}`, ['5 starts']],
  ['microseconds cut to milliseconds', `${one} starts = date_trunc('milliseconds', starts) ${is5}`, ['5 starts']],
  ['a time of another zone', `${one} starts = starts + interval '2 hours' ${is5}`, ['5 starts']],
  ['a century less', `${one} starts = starts - interval '100 years' ${is5}`, ['5 starts']],
  [
    'infinity that became the end of 9999',
    `${one} starts = '9999-12-31 23:59:59.999999Z' where id = ${keyOf(7)}`,
    ['7 starts'],
  ],
  ['the end of 9999 that became infinity', `${one} starts = 'infinity' where id = ${keyOf(8)}`, ['8 starts']],
  ['infinity that became none', `${one} starts = null where id = ${keyOf(7)}`, ['7 starts']],
  ['a penny more', `${one} price_pence = price_pence + 1 where id = ${keyOf(7)}`, ['7 price']],
  ['pounds taken for pence', `${one} price_pence = price_pence / 100 where id = ${keyOf(7)}`, ['7 price']],
  ['a sign lost', `${one} price_pence = -price_pence where id = ${keyOf(7)}`, ['7 price']],
  ['no price that became nothing to pay', `${one} price_pence = 0 ${is5}`, ['5 price']],
  ['nothing to pay that became no price', `${one} price_pence = null where id = ${keyOf(6)}`, ['6 price']],
  ['a price that went through a float', `${one} fee = fee + 0.0000000001 ${is5}`, ['5 fee']],
  ['a scale cut off', `${one} fee = trim_scale(fee) ${is5}`, ['5 fee']],
  ['a number of another enumeration', `${one} venue = venue + 1 ${is5}`, ['5 venue']],
  ['yes that became no', `${one} sold = false ${is5}`, ['5 sold']],
  ['unknown that became no', `${one} sold = false where id = ${keyOf(8)}`, ['8 sold']],
  ['a number in JSON that became a text', `${one} data = jsonb_set(data, '{n}', '"5"') ${is5}`, ['5 data']],
  ['null in JSON that is left out', `${one} data = jsonb_set(data, '{tags}', '["a"]') ${is5}`, ['5 data']],
  ['one bit', `${one} image = set_bit(image, 3, 1 - get_bit(image, 3)) ${is5}`, ['5 image']],
  ['a row under another parent', `${one} owner_id = ${keyOf(6)} ${is5}`, ['5 owner']],
  ['values swapped between two rows', swapped('title'), ['5 title', '6 title']],
  ['parents swapped between two rows', swapped('owner_id'), ['5 owner', '6 owner']],
  [
    'two prices changed so that their sum is the same',
    `${one} price_pence = price_pence + case id when ${keyOf(7)} then 1 else -1 end where id in (${keyOf(7)}, ${keyOf(8)})`,
    ['7 price', '8 price'],
  ],
  [
    'the same change in two rows, which cancels under XOR',
    `${one} title = 'the same', note = '', starts = 'infinity' where id in (${keyOf(5)}, ${keyOf(6)})`,
    ['5 note', '5 starts', '5 title', '6 note', '6 starts', '6 title'],
  ],
  ['a row lost', `delete from public.shows ${is5}`, ['5 missing']],
  ['a row that nobody has written', `insert into public.shows (id) values (${keyOf(5_001)})`, ['5001 extra']],
  ['a row that is there twice', `insert into public.shows select * from public.shows ${is5}`, ['5 extra']],
  [
    'a row lost and another there twice',
    `insert into public.shows select * from public.shows ${is5}; delete from public.shows where id = ${keyOf(6)}`,
    ['5 extra', '6 missing'],
  ],
  [
    'a row there three times, and two lost',
    `insert into public.shows select s.* from public.shows as s, generate_series(1, 2) ${is5}; delete from public.shows where id in (${keyOf(6)}, ${keyOf(7)})`,
    ['5 extra', '6 missing', '7 missing'],
  ],
  ['another key', `${one} id = ${keyOf(5_001)} ${is5}`, ['5 missing', '5001 extra']],
  [
    'keys swapped between two rows',
    `${one} id = case id when ${keyOf(5)} then ${keyOf(6)} else ${keyOf(5)} end where id in (${keyOf(5)}, ${keyOf(6)})`,
    ['5', '6']
      .flatMap((n) =>
        ['data', 'fee', 'image', 'note', 'owner', 'price', 'starts', 'title', 'venue'].map(
          (column) => `${n} ${column}`,
        ),
      )
      .concat('5 sold', '6 sold'),
  ],
  ['all rows lost', `truncate public.shows`, []],
];

type Told = {
  readonly kind: string;
  readonly key: string;
  readonly columns?: readonly { readonly column: string }[];
};

/** The differences by the shows' numbers, as `corruptions` has them. */
export async function numbered(source: pg.Pool, diffs: readonly Told[]): Promise<string[]> {
  const keys = diffs.map(({ key }) => key);
  const { rows } = await source.query(
    `select n::text, md5(n::text)::uuid as key from generate_series(1, 6000) as n where md5(n::text)::uuid = any($1::uuid[])`,
    [keys],
  );
  const numbers = new Map(rows.map(({ n, key }) => [key, n]));
  return diffs.flatMap(({ kind, key, columns }) =>
    columns ? columns.map(({ column }) => `${numbers.get(key)} ${column}`) : [`${numbers.get(key)} ${kind}`],
  );
}
