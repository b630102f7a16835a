import { readFileSync } from 'node:fs';
import { errorHeaders, type Failure } from './fault-headers.ts';
import type { Sender } from './sender.ts';

export type Recorded = {
  readonly spyBoundTo?: string;
  readonly exchange: string;
  readonly properties: {
    readonly contentType?: string;
    readonly messageId?: string;
    readonly headers: Readonly<Record<string, unknown>>;
  };
  readonly body: string;
};

export type RecordedFailure = {
  readonly name: string;
  readonly sent: { readonly exchange: string; readonly properties: { readonly contentType?: string }; body: string };
  readonly landedIn: Readonly<Record<string, readonly Recorded[]>>;
  readonly messagesSeenOnExchanges: readonly Recorded[];
};

export const eventUrn = 'urn:message:Integration.Events.Messaging:EventUpserted';
export const seatsUrn = 'urn:message:Domain.Tickets.Messages:EventUpserted';
export const userUrn = 'urn:message:Integration.Users.Messaging.Messages:UserUpserted';
export const urns = [eventUrn, seatsUrn, userUrn];

export const sender: Sender = {
  machineName: 'box-office',
  processName: 'ticketbuddy',
  processId: 4711,
  address: 'rabbitmq://localhost/ticketbuddy?temporary=true',
};

export const failures = recording<readonly RecordedFailure[]>('failing-messages');

const stories = recording<readonly { readonly messages: readonly Recorded[] }[]>('published');
const skips = recording<{ readonly queues: Readonly<Record<string, readonly Recorded[]>> }>(
  'skipped-by-normal-operation',
);
// Taken from the queue itself, so without an exchange.
const unusual = recording<{ readonly messages: readonly (Omit<Recorded, 'exchange'> & { bodyBase64: string })[] }>(
  'escaping',
);
export const escaping = unusual.messages.map((message) => ({ ...message, exchange: '' }));

/** What the legacy published, once for each message. */
export const published = unique([...stories.flatMap(({ messages }) => messages), ...escaping]).filter(
  ({ exchange }) => !isSkipped(exchange),
);

export const parked = failures.flatMap(({ landedIn }) => Object.values(landedIn).flat());

export const skipped = [...Object.values(skips.queues).flat(), ...parked.filter(({ exchange }) => isSkipped(exchange))];

export const faults = unique(failures.flatMap(({ messagesSeenOnExchanges: seen }) => seen.filter(isFault)));

/** The message type as a name for a test. */
export function typeOf({ body }: Recorded): string {
  return JSON.parse(body).messageType[0].replace('urn:message:', '');
}

/** Headers by name, in their order, each with its type; the .NET client's own are no part of the contract. */
export function headerTypes(headers: Readonly<Record<string, unknown>>): readonly string[] {
  const names = Object.keys(headers).filter((name) => name !== 'x-dotnet-pub-seq-no');
  return names.map((name) => `${name}: ${typeof headers[name]}`);
}

export function aFailure(given: Partial<Failure> = {}): Failure {
  const consumed = { consumer: 'tickets.events', urn: eventUrn, retries: 2 };
  const at = Temporal.Instant.from('2031-07-01T19:00:00.1234567Z');
  return { error: new TypeError('no price'), at, queue: 'event', consumed, ...given };
}

export function anErrorHeader(name: string, given: Partial<Failure>): unknown {
  return errorHeaders(aFailure(given), sender)[name];
}

function recording<T>(name: string): T {
  const file = new URL(`../../../testing/captures/amqp/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function unique(messages: readonly Recorded[]): readonly Recorded[] {
  return messages.filter(
    ({ body, exchange }, at) =>
      messages.findIndex((other) => other.body === body && other.exchange === exchange) === at,
  );
}

function isFault({ spyBoundTo = '' }: Recorded): boolean {
  return spyBoundTo.startsWith('MassTransit:');
}

function isSkipped(exchange: string): boolean {
  return exchange.endsWith('_skipped');
}
