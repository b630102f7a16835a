import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { SeatChanges, SeatMap } from '@ticketbuddy/contracts';
import type { Static } from 'typebox';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anEvent, announce, seatsOnceThere } from './test-sale.ts';
import { get, post } from './test-send.ts';
import { startTestShop, type TestShop } from './test-shop.ts';

let shop: TestShop;
let eventId: string;
let path: string;

beforeAll(async () => {
  shop = await startTestShop('one process');
  eventId = await announce(shop.url, anEvent({ Venue: 'StadiumOfTheNorth' }));
  await seatsOnceThere(shop.url, eventId);
  path = `/v2/events/${eventId}`;
});
afterAll(() => shop?.stop());

describe('the seat map of a stadium', () => {
  it('has every seat once, and comes small', async () => {
    const [plain, br] = [await bytesOf(`${path}/seat-map`), await bytesOf(`${path}/seat-map`, 'br')];
    const map = JSON.parse(String(plain.bytes));
    expect(Value.Check(SeatMap, map)).toBe(true);
    const rows = (map as Static<typeof SeatMap>).blocks.flatMap((block) => block.rows);
    const numbers = rows.flatMap(({ first, count }) => Array.from({ length: count }, (_, nth) => first + nth));
    expect(numbers).toEqual(Array.from({ length: 80_000 }, (_, nth) => nth + 1));
    expect(brotliDecompressSync(br.bytes)).toEqual(plain.bytes);
    expect(br.bytes.length).toBeLessThan(25_000);
  });

  it('may be kept for ever by who asks for it by its hash, and is asked for again by who does not', async () => {
    const hash = String((await get(shop.url, `${path}/seat-status`)).headers['seat-map-hash']);
    const asked = [`?hash=${hash}`, '?hash=another', ''];
    const answers = await Promise.all(asked.map((query) => get(shop.url, `${path}/seat-map${query}`)));
    expect(answers.map(({ headers }) => headers['cache-control'])).toEqual([
      'public, max-age=31536000, immutable',
      'no-cache',
      'no-cache',
    ]);
    expect(new Set(answers.map(({ headers }) => headers.etag))).toEqual(new Set([`W/"${hash}"`]));
  });
});

it('a page holds seats, sees them in the status, and watches them become free', async () => {
  const seats = [70_001, 70_002, 70_003];
  const hold = JSON.parse((await post(shop.url, `${path}/holds`, { userId: randomUUID(), seats })).body);
  const { bytes, headers } = await bytesOf(`${path}/seat-status`, 'gzip');
  expect(codesIn(gunzipSync(bytes)).slice(69_999, 70_004)).toEqual([0, 1, 1, 1, 0]);
  const changes = await listen(`${path}/seat-changes?after=${headers['seat-position']}`);
  const first = await changes.next();
  expect([first, Value.Check(SeatChanges, first)]).toMatchObject([{ free: [], held: [], sold: [] }, true]);
  await post(shop.url, `${path}/holds/${hold.holdId}/release`, {});
  expect(await changes.next()).toMatchObject({ free: seats, held: [], sold: [] });
  changes.leave();
});

it('the list of all seats of a stadium comes in pieces, and is what it would be in one', async () => {
  const { headers, body } = await get(shop.url, `/events/${eventId}/tickets`);
  const seats: { SeatNumber: number }[] = JSON.parse(body);
  expect([headers['transfer-encoding'], headers['content-type']]).toEqual([
    'chunked',
    'application/json; charset=utf-8',
  ]);
  expect(seats.map(({ SeatNumber }) => SeatNumber)).toEqual(Array.from({ length: 80_000 }, (_, nth) => nth + 1));
});

it('a shop stops though somebody watches', async () => {
  const own = await startTestShop('one process');
  const event = await announce(own.url, anEvent());
  await seatsOnceThere(own.url, event);
  const changes = await listen(`/v2/events/${event}/seat-changes`, own.url);
  await changes.next();
  await Promise.all([own.stop(), changes.ended]);
});

async function bytesOf(asked: string, coding = 'identity') {
  const response = await fetchRaw(asked, shop.url, { 'accept-encoding': coding });
  return { headers: response.headers, bytes: Buffer.concat(await response.toArray()) };
}

function fetchRaw(asked: string, url: string, headers: Record<string, string> = {}) {
  const { hostname, port } = new URL(url);
  const sent = request({ hostname, port, path: asked, headers, agent: false }).end();
  return once(sent, 'response').then(([response]) => response);
}

function codesIn(bytes: Uint8Array): number[] {
  return [...bytes].flatMap((byte) => [byte & 3, (byte >> 2) & 3, (byte >> 4) & 3, (byte >> 6) & 3]);
}

/** Who listens, and the data of each event in turn. */
async function listen(asked: string, url = shop.url) {
  const response = await fetchRaw(asked, url);
  const ended = once(response, 'close');
  let text = '';
  return {
    ended,
    leave: () => response.destroy(),
    async next(): Promise<unknown> {
      for (;;) {
        const [, data, rest] = /^(?:.*\n)*?data: (.*)\n\n([\s\S]*)$/.exec(text) ?? [];
        if (data !== undefined) {
          text = rest ?? '';
          return JSON.parse(data);
        }
        text += String((await once(response, 'data'))[0]);
      }
    },
  };
}
