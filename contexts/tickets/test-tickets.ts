import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { orderNumberFromInteger } from './order-number.ts';
import { type SigningKey, type SoldSeats, sealOrders, signingKeyOf } from './ticket-code.ts';

export const showId = 'e0e00000-0000-4000-8000-000000000001';

export function aKey(): SigningKey {
  return signingKeyOf(generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }));
}

/** The public halves of the keys, as a scanner has them. */
export function publicHalves(...keys: readonly SigningKey[]): ReadonlyMap<string, KeyObject> {
  return new Map(keys.map(({ id, privateKey }) => [id, createPublicKey(privateKey)]));
}

export function anOrder(changes: Partial<SoldSeats> = {}): SoldSeats {
  const boughtAt = Temporal.Instant.from('2026-06-01T12:00:00.123456Z');
  return { number: '7K3M-9QXP-2D', eventId: showId, seats: [11, 12, 13, 14], boughtAt, ...changes };
}

export const anyOrder: fc.Arbitrary<SoldSeats> = fc.record({
  number: fc.maxSafeNat().map((integer) => orderNumberFromInteger(integer % 2 ** 50)),
  eventId: fc.uuid(),
  seats: fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 24 - 1 }), { minLength: 1, maxLength: 20 }),
  boughtAt: fc.maxSafeNat().map((us) => Temporal.Instant.fromEpochNanoseconds(BigInt(us) * 1_000n)),
});

/** Of one to four seats. */
export function manyOrders(count: number): SoldSeats[] {
  return Array.from({ length: count }, (_, nth) =>
    anOrder({ number: orderNumberFromInteger(nth), seats: [11, 12, 13, 14].slice(0, 1 + (nth % 4)) }),
  );
}

/** The codes of an order that was sealed alone. */
export function signTickets(key: SigningKey, order: SoldSeats): readonly string[] {
  return sealOrders(key, [order])[0]?.codes ?? [];
}

/** The code with its bytes changed. */
export function withBytes(code: string, change: (bytes: Buffer) => Buffer | undefined): string {
  const bytes = Buffer.from(code, 'base64url');
  return (change(bytes) ?? bytes).toString('base64url');
}
