import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Answer, EventStream, Incoming, Route } from '@ticketbuddy/http';
import type { Deps } from '@ticketbuddy/runtime';
import { onTestFinished } from 'vitest';
import { houseRoutes } from './routes-house.ts';
import type { Sales } from './sales.ts';
import { formatPosition, parsePosition } from './seat-status.ts';
import type { DB } from './tables.gen.ts';
import { anEvent } from './test-builders.ts';

type Asked = Partial<Pick<Incoming<unknown>, 'headers' | 'query'>>;

export type Told = {
  readonly name: 'changes' | 'reset';
  readonly position: string;
  readonly data: { version: number; free?: number[]; held?: number[]; sold?: number[]; serverTime: string };
};

const unpack = { br: brotliDecompressSync, gzip: gunzipSync };
const codes = ['free', 'held', 'sold'] as const;

/** The pages that show the seats of `anEvent` in one process, asked past the network. */
export function openPages(deps: Deps<DB>, sales: Sales, eventId = anEvent().id) {
  const [map, status, changes] = houseRoutes(deps, sales) as [Route, Route, Route];
  const ask = async (route: Route, asked: Asked = {}): Promise<Answer> =>
    route.handle({ ids: { eventId }, body: undefined, headers: {}, query: {}, ...asked });
  return {
    map: (asked?: Asked) => ask(map, asked),
    status: (asked?: Asked) => ask(status, asked),
    /** The status and where it is, as a page takes it over. */
    async read() {
      const answer = await ask(status, { headers: { 'accept-encoding': 'br' } });
      return { position: answer.headers?.['seat-position'] ?? '', seats: seatsIn(bodyOf(answer)) };
    },
    /** Listens from a position on; an empty one is none. */
    async watch(after = ''): Promise<Watch> {
      const { listening } = await ask(changes, { query: { after } });
      const watch = new Watch();
      const ended = listening?.(watch);
      watch.leave = () => ended?.();
      onTestFinished(() => watch.leave());
      return watch;
    },
  };
}

export type Pages = ReturnType<typeof openPages>;

/** The bytes of an answer, out of their coding. */
export function bodyOf({ bytes = Buffer.alloc(0), headers }: Answer): Buffer {
  const coding = headers?.['content-encoding'];
  return coding === 'br' || coding === 'gzip' ? unpack[coding](bytes) : Buffer.from(bytes);
}

/** What a page makes of the bytes of a status: by the numbers of the seats, from 1 on, with four to a byte. */
export function seatsIn(bytes: Uint8Array): ('free' | 'held' | 'sold' | undefined)[] {
  return [...bytes].flatMap((byte) => [0, 2, 4, 6].map((shift) => codes[(byte >> shift) & 3]));
}

/** Somebody who listens, and what he was told. */
export class Watch implements EventStream {
  readonly told: Told[] = [];
  raw = '';
  isEnded = false;
  leave: () => void = () => undefined;
  #news: (() => void)[] = [];

  write(piece: Uint8Array | string): void {
    this.raw += Buffer.from(piece).toString();
    const whole = this.raw.slice(0, this.raw.lastIndexOf('\n\n') + 1);
    this.told.splice(0, this.told.length, ...whole.split('\n\n').flatMap(read));
    this.#wake();
  }

  end(): void {
    this.isEnded = true;
    this.leave();
    this.#wake();
  }

  /** Resolves when this is so. */
  async until(isSo: (watch: this) => boolean): Promise<void> {
    while (!isSo(this)) await new Promise<void>((resolve) => this.#news.push(resolve));
  }

  get last(): Told | undefined {
    return this.told.at(-1);
  }

  #wake(): void {
    for (const goOn of this.#news.splice(0)) goOn();
  }
}

/** Applies what was told to the seats of a page. */
export function apply(seats: (string | undefined)[], { data }: Told): void {
  for (const code of codes) for (const seat of data[code] ?? []) seats[seat - 1] = code;
}

/** Whether the second position is further on. */
export function isAfter(one: string, other: string): boolean {
  const [from, to] = [parsePosition(one), parsePosition(other)];
  if (!from || !to || formatPosition(to) !== other) return false;
  return to.version > from.version || (to.version === from.version && to.endedMs > from.endedMs);
}

function read(text: string): Told[] {
  const lines = new Map(text.split('\n').map((line) => line.split(': ', 2) as [string, string]));
  const [data, position] = [text.split('\n').find((line) => line.startsWith('data: ')), lines.get('id')];
  if (!data || position === undefined) return [];
  return [{ name: lines.get('event') === 'reset' ? 'reset' : 'changes', position, data: JSON.parse(data.slice(6)) }];
}
