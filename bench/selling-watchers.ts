import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { bare } from './wire-connection.ts';

export type Watchers = {
  /** Resolves when every watcher has been told that these seats are held: when, for each seat and watcher. */
  told(seats: readonly number[]): Promise<Map<number, readonly number[]>>;
  close(): void;
};

const patienceMs = 15_000;
const openedAtOnce = 100;

/** As many people as asked for look at the seats of an event, by server-sent events. */
export async function startWatchers(urls: readonly string[], eventId: string, count: number): Promise<Watchers> {
  const times = new Map<number, number[]>();
  const heard = (seat: number) => {
    const known = times.get(seat);
    if (known) known.push(performance.now());
    else times.set(seat, [performance.now()]);
  };
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const next = Array.from({ length: Math.min(openedAtOnce, count - sockets.length) }, (_, nth) =>
      startWatcher(urls[nth % urls.length] as string, eventId, heard),
    );
    sockets.push(...(await Promise.all(next)));
  }
  return {
    async told(seats) {
      const until = performance.now() + patienceMs;
      while (seats.some((seat) => times.get(seat)?.length !== count)) {
        if (performance.now() > until) throw new Error(missing(seats, times, count));
        await sleep(10);
      }
      return new Map(seats.map((seat) => [seat, times.get(seat) ?? []]));
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

// Resolves when the stream has begun.
async function startWatcher(url: string, eventId: string, heard: (seat: number) => void): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.setEncoding('latin1');
  socket.write(bare('GET', `/v2/events/${eventId}/seat-changes`, 'accept: text/event-stream\r\n'));
  const [head] = (await once(socket, 'data')) as [string];
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(`the watch was answered:\n${head}`);
  let pending = '';
  socket.on('data', (piece: string) => {
    const lines = (pending + piece).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) for (const seat of seatsHeld(line)) heard(seat);
  });
  return socket;
}

// All watchers are sent the same line.
let last: { readonly line: string; readonly seats: readonly number[] } = { line: '', seats: [] };

function seatsHeld(line: string): readonly number[] {
  if (!line.startsWith('data:')) return [];
  if (line !== last.line) last = { line, seats: JSON.parse(line.slice(5)).held ?? [] };
  return last.seats;
}

function missing(seats: readonly number[], times: ReadonlyMap<number, readonly number[]>, count: number): string {
  const unheard = seats.filter((seat) => times.get(seat)?.length !== count);
  const [seat = 0] = unheard;
  const few = times.get(seat)?.length ?? 0;
  return `of ${unheard.length} seats not all watchers were told: of seat ${seat} ${few} of ${count}`;
}
