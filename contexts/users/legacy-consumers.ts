import { UserRegistered, userRegisteredSource } from '@ticketbuddy/contracts';
import { type LegacyConsumer, type Message, readMembers } from '@ticketbuddy/messaging';
import type { Deps } from '@ticketbuddy/runtime';
import { Value } from 'typebox/value';
import { type Registered, registerFromProvider } from './register-from-provider.ts';
import type { DB } from './tables.gen.ts';

/** What the identity provider tells of, on a queue of ours that nobody needs before the legacy's is left. */
export const legacyConsumers = {
  registration: (deps: Deps<DB>): LegacyConsumer => ({
    name: 'users.registrations',
    urns: [],
    raw: userRegisteredSource,
    handle: (message) => registerFromProvider(deps, readRegistered(message)),
  }),
};

function readRegistered({ body: given }: Message): Registered {
  const body = readMembers(given, UserRegistered);
  if (!Value.Check(UserRegistered, body)) throw new TypeError(`the message is no registration: ${flawOf(body)}`);
  const { first_name: first, last_name: last, email } = body.details;
  return { id: body.userId.toLowerCase(), fullName: [first, last].join(' ').trim(), email };
}

function flawOf(body: unknown): string {
  const [error] = Value.Errors(UserRegistered, body);
  return error ? `${error.instancePath || 'it'} ${error.message}` : 'it has another shape';
}
