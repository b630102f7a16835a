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
import { growTree, hashBytes, leafOf, orderLeafOf, pathLength, pathOf, rootAbove, type Tree } from './ticket-tree.ts';

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

/** What makes the tickets of an order provable. */
export type Seal = {
  /** To be kept with the order: with it the same codes can be made again. */
  readonly proof: Buffer;
  /** In the order of the order's seats. */
  readonly codes: readonly string[];
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
const keyIdBytes = 8;
const placeBytes = 4;
const signatureBytes = 64;
const integerMax = 2 ** 24 - 1;
const ordersMax = 2 ** 16 - 1;
const codeBytesMax = at.path + (24 + 16) * hashBytes + placeBytes + signatureBytes;
const textLengthMax = Math.ceil((codeBytesMax * 4) / 3);

// Signing is one synchronous pass over these; nothing in them outlives it.
const code = Buffer.alloc(codeBytesMax);
const header = code.subarray(0, headerBytes);
const secretInput = Buffer.alloc(32 + headerBytes);
const signed = Buffer.alloc(1 + 2 + hashBytes, version);

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
 * Makes the tickets of orders provable, in their order, with one signature for all: it is under the root of a tree of the
 * orders, each of which is the root of a tree of its tickets. Signing is what costs: 50 µs, as much as 20 hashes.
 */
export function sealOrders(key: SigningKey, orders: readonly SoldSeats[]): Seal[] {
  assert.ok(orders.length <= ordersMax, 'so many orders are sealed together at most');
  if (orders.length === 0) return [];
  const grown = orders.map((order) => growOrder(key, order));
  const tree = growTree(grown.map(({ leaf }) => leaf));
  const signature = sign(null, toSign(orders.length, tree.at(-1)?.[0] as string), key.privateKey);
  return grown.map((order, place) => {
    const proof = proofOf(key, { size: orders.length, place, path: pathOf(tree, place), signature });
    return { proof, codes: codesOf(order, proof) };
  });
}

/**
 * The codes again that an order was sealed with; `undefined` if that was with another key. The same key and facts give
 * the same codes, in whatever order the seats come.
 */
export function codesAgain(key: SigningKey, order: SoldSeats, proof: Buffer): readonly string[] | undefined {
  if (proof.toString('base64url', 0, keyIdBytes) !== key.id) return undefined;
  return codesOf(growOrder(key, order), proof);
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
  const { size, root } = rootOf(bytes);
  return verify(null, toSign(size, root), publicKey, signature) ? ticketOf(bytes) : { invalid: 'forged' };
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

type Grown = {
  readonly header: Buffer;
  readonly leaf: string;
  readonly tree: Tree;
  /** Of its tickets, by the numbers of their seats. */
  readonly secrets: string;
  readonly places: readonly { readonly seat: number; readonly place: number }[];
};

function growOrder(key: SigningKey, { number, eventId, seats, boughtAt }: SoldSeats): Grown {
  const places = seats.map((seat, place) => ({ seat, place })).sort((one, other) => one.seat - other.seat);
  assertSeats(places);
  writeHeader(key, number, eventId, boughtAt, seats.length);
  const secrets = secretsOf(key, places.length);
  const tree = growTree(places.map(({ seat }, index) => leafOf(seat, secretAt(secrets, index))));
  return { header: Buffer.from(header), leaf: orderLeafOf(header, tree.at(-1)?.[0] as string), tree, secrets, places };
}

// SHAKE with a key of fixed length in front of the message gives as many secret bytes as are asked for.
function secretsOf({ secretsKey }: SigningKey, count: number): string {
  secretInput.set(secretsKey);
  secretInput.set(header, secretsKey.length);
  return hash('shake256', secretInput, { outputEncoding: 'latin1', outputLength: count * hashBytes });
}

function secretAt(secrets: string, index: number): string {
  return secrets.slice(index * hashBytes, (index + 1) * hashBytes);
}

function toSign(size: number, root: string): Buffer {
  signed.writeUInt16BE(size, 1);
  signed.write(root, 3, hashBytes, 'latin1');
  return signed;
}

type Way = {
  readonly size: number;
  readonly place: number;
  readonly path: readonly string[];
  readonly signature: Buffer;
};

// The key's id, and how each code of the order ends.
function proofOf({ id }: SigningKey, { size, place, path, signature }: Way): Buffer {
  const proof = Buffer.allocUnsafe(keyIdBytes + placeBytes + path.length * hashBytes + signatureBytes);
  proof.write(id, 0, keyIdBytes, 'base64url');
  proof.writeUInt16BE(size, keyIdBytes);
  proof.writeUInt16BE(place, keyIdBytes + 2);
  let end = keyIdBytes + placeBytes;
  for (const beside of path) end += proof.write(beside, end, hashBytes, 'latin1');
  proof.set(signature, end);
  return proof;
}

function codesOf({ header: own, tree, secrets, places }: Grown, proof: Buffer): string[] {
  const codes: string[] = places.map(() => '');
  code.set(own);
  for (const [index, { seat, place }] of places.entries()) {
    code.writeUIntBE(index, at.index, 3);
    code.writeUIntBE(seat, at.seat, 3);
    code.write(secretAt(secrets, index), at.secret, hashBytes, 'latin1');
    let end = at.path;
    for (const beside of pathOf(tree, index)) end += code.write(beside, end, hashBytes, 'latin1');
    end += proof.copy(code, end, keyIdBytes);
    codes[place] = code.toString('base64url', 0, end);
  }
  return codes;
}

// Node reads what is no base64url too (padding, line ends, spare bits), so what was read must give the same text again.
function readBase64url(text: string): Buffer | undefined {
  if (text.length > textLengthMax) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined;
}

function hasRightLength(bytes: Buffer): boolean {
  if (bytes.length < at.path + placeBytes + signatureBytes) return false;
  const [index, count] = [bytes.readUIntBE(at.index, 3), bytes.readUIntBE(at.count, 3)];
  const sealed = at.path + pathLength(index, count) * hashBytes;
  if (index >= count || bytes.length < sealed + placeBytes + signatureBytes) return false;
  const [size, place] = [bytes.readUInt16BE(sealed), bytes.readUInt16BE(sealed + 2)];
  const length = sealed + placeBytes + pathLength(place, size) * hashBytes + signatureBytes;
  return place < size && bytes.length === length;
}

/** Of all that was sealed together, if the code is true; and how many orders that is. */
function rootOf(bytes: Buffer): { readonly size: number; readonly root: string } {
  const [index, count] = [bytes.readUIntBE(at.index, 3), bytes.readUIntBE(at.count, 3)];
  const leaf = leafOf(bytes.readUIntBE(at.seat, 3), bytes.toString('latin1', at.secret, at.path));
  const sealed = at.path + pathLength(index, count) * hashBytes;
  const order = rootAbove(leaf, index, count, bytes.toString('latin1', at.path, sealed));
  const [size, place] = [bytes.readUInt16BE(sealed), bytes.readUInt16BE(sealed + 2)];
  const path = bytes.toString('latin1', sealed + placeBytes, bytes.length - signatureBytes);
  return { size, root: rootAbove(orderLeafOf(bytes.subarray(0, headerBytes), order), place, size, path) };
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
