/**
 * The pieces of a JSON array that is too long to hold: `page` is asked for the items after the last one it gave, until
 * it gives none.
 */
export async function* jsonList<T>(
  page: (after: T | undefined) => Promise<readonly T[]>,
  write: (item: T) => string,
): AsyncGenerator<string> {
  let separator = '[';
  let last: T | undefined;
  for (let items = await page(last); items.length > 0; items = await page(last)) {
    yield separator + items.map(write).join(',');
    separator = ',';
    last = items.at(-1);
  }
  yield separator === '[' ? '[]' : ']';
}
