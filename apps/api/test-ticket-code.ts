import { createHash, createPublicKey, verify } from 'node:crypto';

/** A public key as `/.well-known/ticket-keys` shows it. */
export type PublishedKey = { readonly kty: string; readonly crv: string; readonly x: string; readonly kid: string };

export type ProvenTicket = { readonly eventId: string; readonly seat: number; readonly boughtAt: number };

/**
 * What a ticket's code proves by the published keys and nothing else, read as docs/ticket-codes.md describes it, in other
 * words than the product. `boughtAt` is in microseconds. Throws when it proves nothing.
 */
export function proven(keys: readonly PublishedKey[], code: string): ProvenTicket {
  const bytes = Buffer.from(code, 'base64url');
  const kid = bytes.toString('base64url', 1, 9);
  const key = keys.find((one) => one.kid === kid);
  if (bytes[0] !== 1 || !key) throw new Error(`nobody knows the key ${kid}`);
  const signed = Buffer.concat([bytes.subarray(0, 42), rootOf(bytes)]);
  const publicKey = createPublicKey({ key: { kty: key.kty, crv: key.crv, x: key.x }, format: 'jwk' });
  if (!verify(null, signed, publicKey, bytes.subarray(-64))) throw new Error('the ticket is forged');
  const hex = bytes.toString('hex', 9, 25);
  const eventId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const boughtAt = Number(BigInt(`0x${bytes.toString('hex', 32, 39)}`));
  return { eventId, seat: bytes.readUIntBE(45, 3), boughtAt };
}

// From the leaf of the seat up, beside what the code brings along.
function rootOf(bytes: Buffer): Buffer {
  const beside = bytes.subarray(64, -64);
  let node = hash(Buffer.of(0), bytes.subarray(45, 64));
  let [width, place, used] = [bytes.readUIntBE(39, 3), bytes.readUIntBE(42, 3), 0];
  for (; width > 1; width = Math.ceil(width / 2), place = Math.floor(place / 2)) {
    const isLeft = place % 2 === 0;
    if (isLeft && place === width - 1) continue;
    const other = beside.subarray(used, used + 16);
    used += 16;
    node = isLeft ? hash(Buffer.of(1), node, other) : hash(Buffer.of(1), other, node);
  }
  if (used !== beside.length) throw new Error('the code has another length than its order');
  return node;
}

function hash(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest().subarray(0, 16);
}
