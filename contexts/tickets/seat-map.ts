import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { type Representation, representation } from '@ticketbuddy/http';
import { seatMapJson } from './layout-json.ts';
import type { Layout } from './layout-shape.ts';

/** The seat map as it is answered: to who names its hash, which never means another, and to who asks what it is now. */
export type SeatMap = { readonly lasting: Representation; readonly current: Representation };

const maps = new Map<string, Promise<SeatMap>>();

/** The map of a layout; encoded as small as can be for the first who asks, and kept. */
export function seatMapOf(layout: Layout): Promise<SeatMap> {
  const map = maps.get(layout.hash) ?? encode(layout);
  maps.set(layout.hash, map);
  return map;
}

async function encode(layout: Layout): Promise<SeatMap> {
  const identity = Buffer.from(seatMapJson(layout));
  const sizeHint = { [constants.BROTLI_PARAM_SIZE_HINT]: identity.length };
  const [br, zipped] = await Promise.all([
    promisify(brotliCompress)(identity, { params: sizeHint }),
    promisify(gzip)(identity, { level: 9 }),
  ]);
  const encoded = { identity, br, gzip: zipped };
  const cachedFor = (time: string) =>
    representation({
      type: 'application/json; charset=utf-8',
      etag: layout.hash,
      headers: { ...headers, 'cache-control': time, 'seat-map-hash': layout.hash },
      encode: (coding) => encoded[coding],
    });
  return { lasting: cachedFor('public, max-age=31536000, immutable'), current: cachedFor('no-cache') };
}

// A page of another origin may read them.
const headers = { 'access-control-expose-headers': 'etag, seat-map-hash' };
