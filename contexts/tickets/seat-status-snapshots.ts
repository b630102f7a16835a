import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type Coding, type Representation, representation } from '@ticketbuddy/http';
import { formatPosition, type Position, type SeatStatus } from './seat-status.ts';

const creditMsMax = 50;
const creditPerMs = 0.1;

/**
 * The status of an event's seats as all its readers are sent it, encoded once in each coding. It is made anew for the
 * first reader after a change; where that would take more than a tenth of the time, readers share one for a bit longer.
 */
export class SeatSnapshots {
  readonly #headers: Readonly<Record<string, string>>;
  readonly #elapsedMs: () => number;
  #creditMs = creditMsMax;
  #creditAtMs: number;
  #position: Position = { version: -1, endedMs: 0 };
  #latest: Representation | undefined;

  constructor(headers: Readonly<Record<string, string>>, elapsedMs = () => performance.now()) {
    this.#headers = headers;
    this.#elapsedMs = elapsedMs;
    this.#creditAtMs = elapsedMs();
  }

  of(status: SeatStatus): Representation {
    const { position } = status;
    if (this.#latest && (isSame(position, this.#position) || !this.#hasCredit())) return this.#latest;
    const [etag, bytes] = [formatPosition(position), status.bytes.slice()];
    this.#position = position;
    this.#latest = representation({
      type: 'application/octet-stream',
      etag,
      headers: { ...this.#headers, 'seat-position': etag },
      encode: (coding) => this.#encode(bytes, coding),
    });
    return this.#latest;
  }

  #hasCredit(): boolean {
    const now = this.#elapsedMs();
    this.#creditMs = Math.min(creditMsMax, this.#creditMs + (now - this.#creditAtMs) * creditPerMs);
    this.#creditAtMs = now;
    return this.#creditMs >= 0;
  }

  #encode(bytes: Uint8Array, coding: Coding): Buffer {
    const began = this.#elapsedMs();
    const encoded = encoders[coding](bytes);
    this.#creditMs -= this.#elapsedMs() - began;
    return encoded;
  }
}

function isSame(one: Position, other: Position): boolean {
  return one.version === other.version && one.endedMs === other.endedMs;
}

const encoders: Readonly<Record<Coding, (bytes: Uint8Array) => Buffer>> = {
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (bytes) => gzipSync(bytes, { level: 3 }),
  identity: (bytes) => Buffer.from(bytes.buffer),
};
