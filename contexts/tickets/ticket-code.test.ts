import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aKey, anOrder, anyOrder, manyOrders, publicHalves, showId, signTickets, withBytes } from './test-tickets.ts';
import { codesAgain, type SoldSeats, sealOrders, signingKeyOf, verifyTicket } from './ticket-code.ts';

const key = aKey();
const keys = publicHalves(key);
const signatureBytes = 64;

describe('a ticket', () => {
  test('is proven by its code and the published keys alone', () => {
    fc.assert(
      fc.property(anyOrder, (order) => {
        expect(signTickets(key, order).map((code) => verifyTicket(keys, code))).toEqual(
          order.seats.map((seat) => ticketOf(order, seat)),
        );
      }),
    );
  });

  test.each([1, 2, 3, 5, 7, 8, 9, 33, 1_000])('is proven whatever its place in an order of %i seats', (count) => {
    const seats = Array.from({ length: count }, (_, index) => 70_000 + index);
    const tickets = signTickets(key, anOrder({ seats })).map((code) => verifyTicket(keys, code));
    expect(tickets).toEqual(seats.map((seat) => ticketOf(anOrder(), seat)));
  });

  test('has the same code whenever it is made again, in whatever order the seats come', () => {
    fc.assert(
      fc.property(anyOrder, (order) => {
        const again = signTickets(key, { ...order, seats: order.seats.toReversed() });
        expect(again.toReversed()).toEqual(signTickets(key, order));
      }),
    );
  });

  test('has the same code when its order comes back from the database, which keeps microseconds', () => {
    const boughtAt = Temporal.Instant.from('2026-06-01T12:00:00.123456789Z');
    expect(signTickets(key, anOrder({ boughtAt }))).toEqual(signTickets(key, anOrder()));
  });

  test.each([1, 2, 3, 16, 100, 256])('is proven whatever its order is among %i that are signed together', (count) => {
    const orders = manyOrders(count);
    for (const [nth, { codes }] of sealOrders(key, orders).entries()) {
      const order = orders[nth] ?? anOrder();
      expect(codes.map((code) => verifyTicket(keys, code))).toEqual(order.seats.map((seat) => ticketOf(order, seat)));
    }
  });

  test('has the same code when it is made again with what is kept of the signature', () => {
    const anyOrders = fc.array(anyOrder, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(anyOrders, (orders) => {
        for (const [nth, { proof, codes }] of sealOrders(key, orders).entries()) {
          expect(codesAgain(key, orders[nth] ?? anOrder(), proof)).toEqual(codes);
        }
      }),
    );
  });

  test('has no code again of a key that it was not signed with', () => {
    const [{ proof } = { proof: Buffer.alloc(0) }] = sealOrders(key, [anOrder()]);
    expect(codesAgain(aKey(), anOrder(), proof)).toBeUndefined();
  });

  test('has the code for ever that it was sold with', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const known = signingKeyOf(Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]));
    expect(signTickets(known, anOrder({ seats: [13, 11, 12] }))).toEqual([
      'ASH-Md-hVKJh4OAAAAAAQACAAAAAAAAAAQDzHRN-2E0GUy_vF3JAAAADAAACAAANb3rBbFFCKEupoP9F_wlvd82-79xnOMmX0Jz2sC95yREAAQAACA6uM-OE4L70ge7R8SrwiN0pcOFxlq26lz1Pbp9LdV6TxparZT9RJstiq4GYYlS7Id_gBQ50FlIgjGIao2ozCg',
      'ASH-Md-hVKJh4OAAAAAAQACAAAAAAAAAAQDzHRN-2E0GUy_vF3JAAAADAAAAAAALNCvE-Wa8RjsbgT2u4Q5X4jSKzDWBk7wz0UJFMqVYf88j1aPhmzmrfEgFznvnVUd0AAEAAAgOrjPjhOC-9IHu0fEq8IjdKXDhcZatupc9T26fS3Vek8aWq2U_USbLYquBmGJUuyHf4AUOdBZSIIxiGqNqMwo',
      'ASH-Md-hVKJh4OAAAAAAQACAAAAAAAAAAQDzHRN-2E0GUy_vF3JAAAADAAABAAAM3p90ntSMOdaMDorHulDo_ByUur2LbFqD4WDCuLQvdmwj1aPhmzmrfEgFznvnVUd0AAEAAAgOrjPjhOC-9IHu0fEq8IjdKXDhcZatupc9T26fS3Vek8aWq2U_USbLYquBmGJUuyHf4AUOdBZSIIxiGqNqMwo',
    ]);
  });

  test('has a secret of its own, which nobody can tell who has not the key', () => {
    const codes = [
      ...signTickets(key, anOrder()),
      ...signTickets(key, anOrder({ number: '7K3M-9QXP-2E' })),
      ...signTickets(key, anOrder({ eventId: showId.replace('1', '2') })),
      ...signTickets(key, anOrder({ boughtAt: Temporal.Instant.from('2026-06-01T12:00:00.123457Z') })),
      ...signTickets({ ...key, secretsKey: aKey().secretsKey }, anOrder()),
    ];
    const secrets = codes.map((code) => Buffer.from(code, 'base64url').toString('hex', 48, 64));
    expect(new Set(secrets).size).toBe(codes.length);
  });

  test('has a code that fits a QR code', () => {
    const lengthOf = (count: number) => {
      const codes = signTickets(key, anOrder({ seats: Array.from({ length: count }, (_, index) => index + 1) }));
      return Math.max(...codes.map(({ length }) => length));
    };
    expect([1, 4, 10].map(lengthOf)).toEqual([176, 219, 262]);
    const together = sealOrders(key, manyOrders(256)).flatMap(({ codes }) => codes);
    expect(Math.max(...together.map(({ length }) => length))).toBe(390);
  });

  test('that an older key signed stays valid after a newer one was added', () => {
    const [code = ''] = signTickets(key, anOrder());
    expect(verifyTicket(publicHalves(aKey(), key), code)).toMatchObject({ seat: 11, keyId: key.id });
  });
});

describe('no ticket is proven by', () => {
  test('a code in which any one bit is changed', () => {
    const alone = [[7], [7, 8, 9]].flatMap((seats) => signTickets(key, anOrder({ seats })));
    const together = sealOrders(key, manyOrders(3)).map(({ codes }) => codes[0] ?? '');
    for (const code of [...alone, ...together]) {
      const bits = Buffer.from(code, 'base64url').length * 8;
      for (let bit = 0; bit < bits; bit++) expect(outcomeOf(withBit(code, bit)), `bit ${bit}`).toBe('invalid');
    }
  }, 120_000);

  test('a code in which any one byte is changed', () => {
    const anyChange = fc.record({
      order: anyOrder,
      nth: fc.nat(),
      place: fc.nat(),
      by: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(anyChange, ({ order, nth, place, by }) => {
        const code = signTickets(key, order)[nth % order.seats.length] ?? '';
        const changed = withBytes(code, (bytes) => {
          const at = place % bytes.length;
          bytes[at] = ((bytes[at] ?? 0) + by) % 256;
          return bytes;
        });
        expect(outcomeOf(changed)).toBe('invalid');
      }),
      { numRuns: 2_000 },
    );
  }, 120_000);

  test('a code in which any one character is changed, left out, or added', () => {
    const [code = ''] = signTickets(key, anOrder({ seats: [7] }));
    for (const character of 'A-_0=+/ \n.') {
      for (let at = 0; at <= code.length; at++) {
        expect(outcomeOf(code.slice(0, at) + character + code.slice(at))).toBe('invalid');
        const changed = code.slice(0, at) + character + code.slice(at + 1);
        if (changed !== code) expect(outcomeOf(changed)).toBe('invalid');
      }
    }
    for (let at = 0; at < code.length; at++) expect(outcomeOf(code.slice(0, at) + code.slice(at + 1))).toBe('invalid');
  }, 120_000);

  test('a code into which bytes were put anywhere', () => {
    const [code = ''] = signTickets(key, anOrder());
    const { length } = Buffer.from(code, 'base64url');
    for (let at = 0; at <= length; at++) {
      for (const more of [1, 16]) {
        const insert = (bytes: Buffer) =>
          Buffer.concat([bytes.subarray(0, at), Buffer.alloc(more), bytes.subarray(at)]);
        expect(outcomeOf(withBytes(code, insert)), `${more} at ${at}`).toBe('invalid');
      }
    }
  });

  test('a code that was cut off anywhere, or goes on after its end', () => {
    const [code = ''] = signTickets(key, anOrder());
    for (let at = 0; at < code.length; at++) expect(outcomeOf(code.slice(0, at))).toBe('invalid');
    for (const more of ['\0', '\0'.repeat(16), 'x'.repeat(48), 'x'.repeat(100_000)]) {
      expect(outcomeOf(withBytes(code, (bytes) => Buffer.concat([bytes, Buffer.from(more)])))).toBe('invalid');
    }
  });

  test('any text', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary-ascii', maxLength: 250 }),
      fc.uint8Array({ maxLength: 250 }).map((bytes) => Buffer.from([1, ...bytes]).toString('base64url')),
    );
    fc.assert(fc.property(anyText, (text) => outcomeOf(text) === 'invalid'));
  });

  test('a code of another key, even under the name of ours', () => {
    const foreign = aKey();
    const [own = ''] = signTickets(foreign, anOrder());
    const [named = ''] = signTickets({ ...foreign, id: key.id }, anOrder());
    expect(verifyTicket(keys, own)).toEqual({ invalid: 'key-unknown' });
    expect(verifyTicket(keys, named)).toEqual({ invalid: 'forged' });
  });

  test('any part of a code put into the code of another ticket, of the same order or of another', () => {
    const orders = [
      anOrder(),
      anOrder({ number: '7K3M-9QXP-2E' }),
      anOrder({ seats: [12, 13, 14, 15] }),
      anOrder({ eventId: showId.replace('1', '2') }),
    ];
    const bytesOf = (codes: readonly string[]) => codes.map((code) => Buffer.from(code, 'base64url'));
    const alone = orders.map((order) => bytesOf(signTickets(key, order)));
    const together = sealOrders(key, orders).map(({ codes }) => bytesOf(codes));
    const issued = [...alone, ...together].flat();
    const codes = [...alone.flatMap((of) => of.slice(0, 2)), ...together.flatMap((of) => of.slice(0, 1))];
    const ends = [0, 1, 9, 25, 32, 39, 42, 45, 48, 64, 80, 96, 98, 100, 116, 132, 164, 196];
    for (const [into, from] of codes.flatMap((one) => codes.map((other) => [one, other] as const))) {
      for (const [nth, start] of ends.entries()) {
        for (const end of ends.slice(nth + 1)) {
          const mixed = Buffer.concat([into.subarray(0, start), from.subarray(start, end), into.subarray(end)]);
          if (!issued.some((code) => code.equals(mixed)))
            expect(outcomeOf(mixed.toString('base64url'))).toBe('invalid');
        }
      }
    }
  }, 120_000);

  test('what its buyer knows of the other tickets of the order: the hashes beside the way', () => {
    const [code = ''] = signTickets(key, anOrder({ seats: [7, 8] }));
    // The neighbour's leaf in the place of the neighbour's secret.
    const neighbour = withBytes(code, (bytes) => {
      const leaf = bytes.subarray(64, 80);
      leaf.copy(bytes, 48);
      bytes.writeUIntBE(1, 42, 3);
      bytes.writeUIntBE(8, 45, 3);
      return bytes;
    });
    expect(verifyTicket(keys, neighbour)).toEqual({ invalid: 'forged' });
  });

  test('the same signature in its other form, with the order of the curve added to S', () => {
    const [code = ''] = signTickets(key, anOrder());
    expect(verifyTicket(keys, withBytes(code, addOrderOfCurve))).toEqual({ invalid: 'forged' });
  });

  test('the same bytes in another spelling: padded, in the other alphabet, or with spare bits set', () => {
    const code = signTickets(key, anOrder({ seats: [7] })).find(({ length }) => length % 4 === 3) ?? '';
    const lastDigit = code.slice(-1);
    const spareBit = digits[digits.indexOf(lastDigit) + 1] ?? '';
    for (const text of [`${code}=`, ` ${code}`, `${code}\n`, code.slice(0, -1) + spareBit]) {
      expect(Buffer.from(text, 'base64url').toString('base64url')).toBe(code);
      expect(verifyTicket(keys, text)).toEqual({ invalid: 'unreadable' });
    }
    const withBoth = manyCodes().find((one) => /-/.test(one) && /_/.test(one)) ?? '';
    expect(outcomeOf(withBoth.replaceAll('-', '+').replaceAll('_', '/'))).toBe('invalid');
  });

  test('a code of a version that nobody knows yet, though our own key signed it', () => {
    const [code = ''] = signTickets(key, anOrder({ seats: [7] }));
    const newer = withBytes(code, (bytes) => {
      bytes[0] = 2;
      const root = Buffer.concat([Buffer.of(2, 0, 1), bytes.subarray(-signatureBytes - 16, -signatureBytes)]);
      const signature = sign(null, root, key.privateKey);
      return Buffer.concat([bytes.subarray(0, -signatureBytes), signature]);
    });
    expect(verifyTicket(keys, newer)).toEqual({ invalid: 'version-unknown' });
  });
});

test.each([
  { what: 'no seats', order: { seats: [] }, why: 'an order has seats' },
  { what: 'a seat twice', order: { seats: [3, 1, 3] }, why: 'an order has a seat once' },
  { what: 'a seat 0', order: { seats: [0] }, why: 'a seat is a number' },
  { what: 'half a seat', order: { seats: [1.5] }, why: 'a seat is a number' },
  { what: 'a seat that a code has no room for', order: { seats: [2 ** 24] }, why: 'a seat is a number' },
  { what: 'an event that has no UUID', order: { eventId: 'show' }, why: 'the id of an event is a UUID' },
  { what: 'an order number that is none', order: { number: '7K3M' }, why: 'the order number is not as we write it' },
  { what: 'a time before 1970', order: { boughtAt: Temporal.Instant.from('1969-12-31T23:59:59Z') }, why: 'has room' },
])('codes are not made of an order with $what', ({ order, why }) => {
  expect(() => signTickets(key, anOrder(order))).toThrow(why);
});

test('tickets are not signed with a key of another kind', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  expect(() => signingKeyOf(der)).toThrow('a key that signs tickets is an Ed25519 key');
});

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const orderOfCurve = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;

function ticketOf({ number, eventId, boughtAt }: SoldSeats, seat: number) {
  return { orderNumber: number, eventId, seat, boughtAt, keyId: key.id };
}

function outcomeOf(code: string): string {
  return 'invalid' in verifyTicket(keys, code) ? 'invalid' : 'valid';
}

function withBit(code: string, bit: number): string {
  return withBytes(code, (bytes) => {
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return bytes;
  });
}

function manyCodes(): readonly string[] {
  return signTickets(key, anOrder({ seats: Array.from({ length: 50 }, (_, index) => index + 1) }));
}

// S is the second half of the signature, its least byte first.
function addOrderOfCurve(bytes: Buffer): Buffer {
  const s = BigInt(`0x${Buffer.from(bytes.subarray(-32)).reverse().toString('hex')}`) + orderOfCurve;
  Buffer.from(s.toString(16).padStart(64, '0'), 'hex')
    .reverse()
    .copy(bytes, bytes.length - 32);
  return bytes;
}
