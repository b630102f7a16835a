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
  const own = bytes.readUIntBE(39, 3);
  const [ticket, afterOrder] = climb(
    hash(Buffer.of(0), bytes.subarray(45, 64)),
    own,
    bytes.readUIntBE(42, 3),
    bytes,
    64,
  );
  const [orders, place] = [bytes.readUInt16BE(afterOrder), bytes.readUInt16BE(afterOrder + 2)];
  const order = hash(Buffer.of(2), bytes.subarray(0, 42), ticket);
  const [root, end] = climb(order, orders, place, bytes, afterOrder + 4);
  if (end !== bytes.length - 64) throw new Error('the code has another length than its places ask for');
  const signed = Buffer.concat([bytes.subarray(0, 1), bytes.subarray(afterOrder, afterOrder + 2), root]);
  const publicKey = createPublicKey({ key: { kty: key.kty, crv: key.crv, x: key.x }, format: 'jwk' });
  if (!verify(null, signed, publicKey, bytes.subarray(-64))) throw new Error('the ticket is forged');
  const hex = bytes.toString('hex', 9, 25);
  const eventId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const boughtAt = Number(BigInt(`0x${bytes.toString('hex', 32, 39)}`));
  return { eventId, seat: bytes.readUIntBE(45, 3), boughtAt };
}

// From a leaf up, beside what the code brings along from `used` on. Answers the root, and where that ends.
function climb(leaf: Buffer, count: number, from: number, bytes: Buffer, used: number): readonly [Buffer, number] {
  let [node, width, place, next] = [leaf, count, from, used];
  for (; width > 1; width = Math.ceil(width / 2), place = Math.floor(place / 2)) {
    const isLeft = place % 2 === 0;
    if (isLeft && place === width - 1) continue;
    const other = bytes.subarray(next, next + 16);
    next += 16;
    node = isLeft ? hash(Buffer.of(1), node, other) : hash(Buffer.of(1), other, node);
  }
  return [node, next];
}

function hash(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest().subarray(0, 16);
}
