import assert from 'node:assert/strict';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  hash,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { microsecondsOf } from './moments.ts';
import { orderNumberFromInteger, orderNumberToInteger } from './order-number.ts';
import { growTree, hashBytes, leafOf, pathLength, pathOf, rootAbove } from './ticket-tree.ts';

/** Made once per key by `signingKeyOf`. */
export type SigningKey = {
  /** Names the key in codes and where it is published: the first 8 bytes of the public key's SHA-256, in base64url. */
  readonly id: string;
  readonly publicKey: Buffer;
  readonly privateKey: KeyObject;
  /** From it and the facts of an order come the secrets of the order's tickets. */
  readonly secretsKey: Buffer;
};

/** The facts of an order that its codes are made of. Codes know whole microseconds. */
export type SoldSeats = {
  readonly number: string;
  readonly eventId: string;
  /** Their numbers in the event, each once. */
  readonly seats: readonly number[];
  readonly boughtAt: Temporal.Instant;
};

export type Ticket = {
  readonly orderNumber: string;
  readonly eventId: string;
  readonly seat: number;
  readonly boughtAt: Temporal.Instant;
  readonly keyId: string;
};

export type Invalid = { readonly invalid: 'unreadable' | 'version-unknown' | 'key-unknown' | 'forged' };

/** Where things are in a code, in bytes; docs/ticket-codes.md has the whole format. */
const at = {
  keyId: 1,
  eventId: 9,
  orderNumber: 25,
  boughtAt: 32,
  count: 39,
  index: 42,
  seat: 45,
  secret: 48,
  path: 64,
};
const version = 1;
const headerBytes = at.index;
const signatureBytes = 64;
const integerMax = 2 ** 24 - 1;
const textLengthMax = Math.ceil(((at.path + 24 * hashBytes + signatureBytes) * 4) / 3);

// Signing is one synchronous pass over these; nothing in them outlives it.
const code = Buffer.alloc(at.path + 24 * hashBytes + signatureBytes);
const header = code.subarray(0, headerBytes);
const secretInput = Buffer.alloc(32 + headerBytes + 3);
const signed = Buffer.alloc(headerBytes + hashBytes);

/** Reads a private Ed25519 key (PKCS #8, DER). Throws when it is none. */
export function signingKeyOf(privateKeyDer: Buffer): SigningKey {
  const privateKey = createPrivateKey({ key: privateKeyDer, format: 'der', type: 'pkcs8' });
  assert.equal(privateKey.asymmetricKeyType, 'ed25519', 'a key that signs tickets is an Ed25519 key');
  const { d = '' } = privateKey.export({ format: 'jwk' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  const secretsKey = Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', 'secrets of tickets', 32));
  return { id: keyIdOf(publicKey), publicKey, privateKey, secretsKey };
}

/**
 * The codes of an order's tickets, in the order of its seats. The same key and facts give the same codes again, in
 * whatever order the seats come. One signature for all of them, over the root of a tree of their secrets, since signing
 * is what costs: 50 of the 65 µs for four seats. On another thread it would cost half as much again: to wake that thread.
 */
export function signTickets(key: SigningKey, { number, eventId, seats, boughtAt }: SoldSeats): string[] {
  const places = seats.map((seat, place) => ({ seat, place })).sort((one, other) => one.seat - other.seat);
  assertSeats(places);
  writeHeader(key, number, eventId, boughtAt, seats.length);
  secretInput.set(key.secretsKey);
  secretInput.set(header, key.secretsKey.length);
  const secrets = places.map(({ seat }) => secretOf(seat));
  const tree = growTree(places.map(({ seat }, index) => leafOf(seat, secrets[index] as string)));
  const signature = sign(null, toSign(header, tree.at(-1)?.[0] as string), key.privateKey);
  const codes: string[] = seats.map(() => '');
  for (const [index, { seat, place }] of places.entries()) {
    codes[place] = codeOf(index, seat, secrets[index] as string, pathOf(tree, index), signature);
  }
  return codes;
}

/**
 * The ticket that a code proves, or why it proves none. Of every code exactly one spelling is valid. `publicKeys` are the
 * published ones by their id. Needs nothing else: no database, no network, no clock. Never throws.
 */
export function verifyTicket(publicKeys: ReadonlyMap<string, KeyObject>, text: string): Ticket | Invalid {
  const bytes = readBase64url(text);
  if (bytes === undefined) return { invalid: 'unreadable' };
  if (bytes[0] !== version) return { invalid: 'version-unknown' };
  if (!hasRightLength(bytes)) return { invalid: 'unreadable' };
  const publicKey = publicKeys.get(bytes.toString('base64url', at.keyId, at.eventId));
  if (publicKey === undefined) return { invalid: 'key-unknown' };
  const signature = bytes.subarray(-signatureBytes);
  return verify(null, toSign(bytes, rootOf(bytes)), publicKey, signature) ? ticketOf(bytes) : { invalid: 'forged' };
}

function keyIdOf(publicKey: Buffer): string {
  return createHash('sha256').update(publicKey).digest().toString('base64url', 0, 8);
}

function assertSeats(sorted: readonly { readonly seat: number }[]): void {
  assert.ok(sorted.length > 0 && sorted.length <= integerMax, 'an order has seats');
  const areNumbers = sorted.every(({ seat }) => Number.isInteger(seat) && seat > 0 && seat <= integerMax);
  assert.ok(areNumbers, 'a seat is a number from 1 to 16,777,215');
  assert.ok(!sorted.some(({ seat }, index) => seat === sorted[index - 1]?.seat), 'an order has a seat once');
}

function writeHeader(
  key: SigningKey,
  number: string,
  eventId: string,
  boughtAt: Temporal.Instant,
  count: number,
): void {
  code[0] = version;
  code.write(key.id, at.keyId, 8, 'base64url');
  const written = code.write(eventId.replaceAll('-', ''), at.eventId, 16, 'hex');
  assert.ok(written === 16 && eventId.length === 36, 'the id of an event is a UUID');
  writeInteger7(code, orderNumberToInteger(number), at.orderNumber);
  writeInteger7(code, microsecondsOf(boughtAt), at.boughtAt);
  code.writeUIntBE(count, at.count, 3);
}

// SHA-3 with a key of fixed length in front of the message is a MAC as it stands.
function secretOf(seat: number): string {
  secretInput.writeUIntBE(seat, 32 + headerBytes, 3);
  return hash('sha3-256', secretInput, 'latin1');
}

function toSign(bytes: Buffer, root: string): Buffer {
  signed.set(bytes.subarray(0, headerBytes));
  signed.write(root, headerBytes, hashBytes, 'latin1');
  return signed;
}

function codeOf(index: number, seat: number, secret: string, path: readonly string[], signature: Buffer): string {
  code.writeUIntBE(index, at.index, 3);
  code.writeUIntBE(seat, at.seat, 3);
  code.write(secret, at.secret, hashBytes, 'latin1');
  let end = at.path;
  for (const beside of path) end += code.write(beside, end, hashBytes, 'latin1');
  code.set(signature, end);
  return code.toString('base64url', 0, end + signatureBytes);
}

// Node reads what is no base64url too (padding, line ends, spare bits), so what was read must give the same text again.
function readBase64url(text: string): Buffer | undefined {
  if (text.length > textLengthMax) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined;
}

function hasRightLength(bytes: Buffer): boolean {
  if (bytes.length < at.path + signatureBytes) return false;
  const [index, count] = [bytes.readUIntBE(at.index, 3), bytes.readUIntBE(at.count, 3)];
  return index < count && bytes.length === at.path + pathLength(index, count) * hashBytes + signatureBytes;
}

function rootOf(bytes: Buffer): string {
  const leaf = leafOf(bytes.readUIntBE(at.seat, 3), bytes.toString('latin1', at.secret, at.path));
  const path = bytes.toString('latin1', at.path, bytes.length - signatureBytes);
  return rootAbove(leaf, bytes.readUIntBE(at.index, 3), bytes.readUIntBE(at.count, 3), path);
}

// Only for bytes whose signature is ours: they are then as `writeHeader` wrote them.
function ticketOf(bytes: Buffer): Ticket {
  const microseconds = BigInt(readInteger7(bytes, at.boughtAt));
  return {
    orderNumber: orderNumberFromInteger(readInteger7(bytes, at.orderNumber)),
    eventId: bytes
      .toString('hex', at.eventId, at.orderNumber)
      .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5'),
    seat: bytes.readUIntBE(at.seat, 3),
    boughtAt: Temporal.Instant.fromEpochNanoseconds(microseconds * 1_000n),
    keyId: bytes.toString('base64url', at.keyId, at.eventId),
  };
}

function writeInteger7(to: Buffer, value: number, offset: number): void {
  assert.ok(Number.isSafeInteger(value) && value >= 0, 'a code has room for integers from 0 to 2^53');
  to.writeUIntBE(Math.floor(value / 2 ** 32), offset, 3);
  to.writeUInt32BE(value % 2 ** 32, offset + 3);
}

function readInteger7(from: Buffer, offset: number): number {
  return from.readUIntBE(offset, 3) * 2 ** 32 + from.readUInt32BE(offset + 3);
}
