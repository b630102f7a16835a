import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

/** By their names in small letters. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A whole answer, its body as its sender had it before it was packed for the way. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Buffer };

/** An answer that was streamed to somebody else, and what was kept of it. */
export type KeptAnswer = {
  readonly status: number;
  readonly headers: Headers;
  /** The parts of the body as they came; `too large` when it was more than was to be kept. */
  readonly body: readonly Uint8Array[] | 'too large';
};

/** Keeps the parts of a body that passes by, without a copy, until they are too many bytes. */
export class BodyKeeper {
  readonly #bytesMax: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(part: Uint8Array): void {
    this.#bytes += part.byteLength;
    if (this.isFull) this.#parts = [];
    else this.#parts.push(part);
  }

  get isFull(): boolean {
    return this.#bytes > this.#bytesMax;
  }

  get body(): KeptAnswer['body'] {
    return this.isFull ? 'too large' : this.#parts;
  }
}

/** `undefined` when the body is larger than that, packed or not, or cannot be unpacked. */
export function wholeAnswer({ status, headers, body }: KeptAnswer, bytesMax: number): Answer | undefined {
  if (body === 'too large') return undefined;
  const unpacked = unpack(Buffer.concat(body), `${headers['content-encoding'] ?? 'identity'}`, bytesMax);
  return unpacked && { status, headers, body: unpacked };
}

export function bytesOf({ body }: KeptAnswer): number {
  return body === 'too large' ? 0 : body.reduce((bytes, part) => bytes + part.byteLength, 0);
}

function unpack(body: Buffer, coding: string, maxOutputLength: number): Buffer | undefined {
  try {
    if (coding === 'gzip') return gunzipSync(body, { maxOutputLength });
    if (coding === 'br') return brotliDecompressSync(body, { maxOutputLength });
    if (coding === 'deflate') return inflateSync(body, { maxOutputLength });
    return coding === 'identity' && body.byteLength <= maxOutputLength ? body : undefined;
  } catch {
    return undefined;
  }
}
