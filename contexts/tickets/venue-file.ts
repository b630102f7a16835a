import { readdirSync, readFileSync } from 'node:fs';
import { venues } from '@ticketbuddy/contracts';
import { seatsOfRows } from './venue-file-rows.ts';
import { type Block, readShape, type VenueFile } from './venue-file-shape.ts';

export type { Block, VenueFile };

/** The venue with this wire number; `undefined` when there is none. Throws when any file of a venue has a mistake. */
export function venueFileOf(number: number): VenueFile | undefined {
  known ??= readAll(new URL('./venues/', import.meta.url));
  return known.get(number);
}

let known: ReadonlyMap<number, VenueFile> | undefined;

/** Throws an `Error` that names every mistake on a line of its own: the file, the place in it and what is wrong. */
export function parseVenueFile(file: string, text: string): VenueFile {
  const venue = readShape(file, text);
  const mistakes = [...misnamed(venue), ...misplaced(venue), ...miscounted(venue)];
  if (mistakes.length > 0) throw new Error(mistakes.map((mistake) => `${file}: ${mistake}`).join('\n'));
  return venue;
}

function readAll(folder: URL): ReadonlyMap<number, VenueFile> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const found = new Map<number, VenueFile>();
  for (const file of files.sort()) {
    const venue = parseVenueFile(`venues/${file}`, readFileSync(new URL(file, folder), 'utf8'));
    if (found.has(venue.number)) throw new Error(`venues/${file}: number: another file has the number ${venue.number}`);
    found.set(venue.number, venue);
  }
  return found;
}

function misnamed({ number, name, categories, blocks }: VenueFile): string[] {
  const expected = venues[number];
  return [
    ...(name === expected
      ? []
      : [`name: the venue with the number ${number} is ${expected ?? 'unknown'}, not "${name}"`]),
    ...repeated(
      'categories',
      'category',
      categories.map(({ id }) => id),
    ),
    ...repeated(
      'blocks',
      'block',
      blocks.map((block) => block.name),
    ),
  ];
}

function repeated(path: string, what: string, names: readonly string[]): string[] {
  const twice = new Set(names.filter((name, index) => names.indexOf(name) < index));
  return [...twice].map((name) => `${path}: there is more than one ${what} "${name}"`);
}

function misplaced({ categories, blocks }: VenueFile): string[] {
  const ids = new Set(categories.map(({ id }) => id));
  return blocks.flatMap((block) => [
    ...(ids.has(block.category) ? [] : [`${placeOf(block)}: there is no category "${block.category}"`]),
    ...withoutAccessible(block),
  ]);
}

function withoutAccessible(block: Block): string[] {
  const rows = new Map(seatsOfRows(block).map(({ label, count }) => [label, count]));
  return block.accessible.flatMap(({ row, from, to }) => {
    const count = rows.get(row);
    if (count === undefined) return [`${placeOf(block)}: there is no row "${row}" to have accessible places`];
    const fits = from <= (to ?? count) && (to ?? count) <= count;
    return fits ? [] : [`${placeOf(block)}: row "${row}" has no seats ${from} to ${to ?? count}, only 1 to ${count}`];
  });
}

function miscounted({ blocks, capacity }: VenueFile): string[] {
  const seats = blocks.flatMap(seatsOfRows).reduce((sum, { count }) => sum + count, 0);
  return seats === capacity ? [] : [`capacity: it says ${capacity}, but the blocks have ${seats} seats`];
}

function placeOf({ path, name }: Block): string {
  return `${path} ("${name}")`;
}
