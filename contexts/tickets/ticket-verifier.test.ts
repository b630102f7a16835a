import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aKey, anOrder, anyOrder, publicHalves, signTickets, withBytes } from './test-tickets.ts';
import { type SoldSeats, sealOrders, verifyTicket } from './ticket-code.ts';

type Verifier = { verifyTicket(keys: object, code: string): Promise<object> };

const key = aKey();
const published = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: key.publicKey.toString('base64url'), kid: key.id }] };
let folder = '';
let verifier: Verifier;

// The program is taken from the page as its reader would take it.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ticketbuddy-verifier-'));
  const page = await readFile(new URL('../../docs/ticket-codes.md', import.meta.url), 'utf8');
  const program = /^```js\n(.*?)^```$/ms.exec(page)?.[1] ?? '';
  await writeFile(join(folder, 'verify-tickets.mjs'), program);
  await writeFile(join(folder, 'keys.json'), JSON.stringify(published));
  verifier = await import(join(folder, 'verify-tickets.mjs'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the verifier of the documentation', () => {
  test('run by itself, with the published keys in a file, tells tickets from forgeries', async () => {
    const [good = '', other = ''] = signTickets(key, anOrder());
    const forged = withBytes(other, (bytes) => bytes.fill(0, 45, 48));
    const [foreign = ''] = signTickets(aKey(), anOrder());
    expect(await run(good, other, forged, foreign)).toEqual([
      answerFor(anOrder(), 11),
      answerFor(anOrder(), 12),
      { invalid: 'forged' },
      { invalid: 'unknown key: fetch the keys again' },
    ]);
  });

  test('finds the same ticket in every code', async () => {
    const inYearsOfFourDigits = anyOrder.filter(({ boughtAt }) => boughtAt.epochMilliseconds < 2 ** 47);
    await fc.assert(
      fc.asyncProperty(fc.array(inYearsOfFourDigits, { minLength: 1, maxLength: 20 }), async (orders) => {
        for (const [at, { codes }] of sealOrders(key, orders).entries()) {
          const order = orders[at] ?? anOrder();
          for (const [nth, code] of codes.entries()) {
            const answer = await verifier.verifyTicket(published, code);
            expect(answer).toEqual(answerFor(order, order.seats[nth] ?? 0));
          }
        }
      }),
    );
  });

  test('refuses every code in which a byte is changed, left out or added, as we do', async () => {
    const alone = [[7], [7, 8, 9]].flatMap((seats) => signTickets(key, anOrder({ seats })));
    const [
      {
        codes: [together = ''],
      } = { codes: [] },
    ] = sealOrders(key, [anOrder(), anOrder({ seats: [7] })]);
    for (const code of [...alone, together]) {
      for (let at = 0; at < Buffer.from(code, 'base64url').length; at++) {
        await expectRefused(withBytes(code, (bytes) => bytes.fill((bytes[at] ?? 0) ^ 1, at, at + 1)));
        await expectRefused(withBytes(code, (bytes) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])));
        await expectRefused(withBytes(code, (b) => Buffer.concat([b.subarray(0, at), Buffer.of(0), b.subarray(at)])));
      }
      for (const text of [`${code}=`, ` ${code}`, `${code}A`, '', 'x']) await expectRefused(text);
    }
  }, 120_000);
});

async function run(...codes: readonly string[]): Promise<unknown[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['verify-tickets.mjs', 'keys.json', ...codes], {
    cwd: folder,
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function answerFor({ eventId, number, boughtAt }: SoldSeats, seat: number): object {
  const toTheMillisecond = new Date(boughtAt.epochMilliseconds).toISOString();
  return { eventId, seat, orderNumber: number, boughtAt: toTheMillisecond };
}

async function expectRefused(code: string): Promise<void> {
  await expect(verifier.verifyTicket(published, code), code).rejects.toThrow();
  expect(verifyTicket(publicHalves(key), code)).toHaveProperty('invalid');
}
