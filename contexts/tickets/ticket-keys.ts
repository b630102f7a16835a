import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { Transact } from '@ticketbuddy/postgres/database';
import type { Deps } from '@ticketbuddy/runtime';
import { addKey, lockKeys, newestKey, publicKeys } from './store-keys.ts';
import type { DB } from './tables.gen.ts';
import { type SigningKey, signingKeyOf } from './ticket-code.ts';

/** A public key as a JSON Web Key (RFC 8037). */
export type TicketJwk = {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
};

/**
 * The key that signs tickets: the newest, or the first one, made now. Processes that start together get the same. A
 * process keeps its key until it ends, though a newer one is added meanwhile: both are published.
 */
export async function openTicketKey({ db, clock }: Deps<DB>): Promise<SigningKey> {
  const known = await newestKey(db);
  if (known) return keyOf(known);
  return db.transaction(async (tx) => {
    await lockKeys(tx);
    const made = await newestKey({ query: tx });
    return made ? keyOf(made) : makeKey(tx, clock.now());
  });
}

/** Adds a key: it is published from now on, and the processes that start from now on sign with it. */
export async function addTicketKey({ db, clock }: Deps<DB>): Promise<SigningKey> {
  return db.transaction(async (tx) => {
    await lockKeys(tx);
    return makeKey(tx, clock.now());
  });
}

/**
 * All public keys as a JSON Web Key Set, the newest first; there is always one. Reads the table each time, so that every
 * process publishes a key that another one has added before anything is signed with it.
 */
export async function publishedKeys(deps: Deps<DB>): Promise<{ readonly keys: readonly TicketJwk[] }> {
  await openTicketKey(deps);
  const keys = await publicKeys(deps.db);
  return { keys: keys.map(({ id, public_key }) => toJwk(id, public_key)) };
}

async function makeKey(tx: Transact<DB>, now: Temporal.Instant): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  const key = signingKeyOf(der);
  await addKey(tx, { id: key.id, private_key: der, public_key: key.publicKey }, now);
  return key;
}

function keyOf(row: { readonly id: string; readonly private_key: Buffer }): SigningKey {
  const key = signingKeyOf(row.private_key);
  assert.equal(key.id, row.id, 'a private key belongs to the public key beside it');
  return key;
}

function toJwk(kid: string, publicKey: Buffer): TicketJwk {
  return { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url'), kid, use: 'sig', alg: 'EdDSA' };
}
