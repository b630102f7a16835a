import { randomUUID } from 'node:crypto';
import { relayPass } from '@ticketbuddy/messaging';
import { addOnce } from '@ticketbuddy/messaging/outbox-once';
import { createRabbitBroker } from '@ticketbuddy/messaging/rabbitmq';
import { createTap } from '@ticketbuddy/messaging/tap';
import { openExchange, until } from '@ticketbuddy/testing';
import { onTestFinished } from 'vitest';
import type { UnitMessages } from './messages.ts';
import { readTap } from './store-tap.ts';
import { streamOf, tapQueueOf } from './takeover.ts';
import { aLibrary, aWorker, type Library, lend } from './test-library.ts';

const exchange = 'Library.Messaging:BookUpserted';
const urn = `urn:message:${exchange}`;

type Envelope = {
  readonly messageId: string;
  readonly messageType: readonly string[];
  readonly message: { readonly id: string; readonly title: string };
  readonly headers: Readonly<Record<string, unknown>>;
  readonly sentTime: string;
};

/** A library whose legacy tells of each book over RabbitMQ, and somebody who hears all of it. */
export type ToldLibrary = Library & {
  /** What was published of a book, in the order of its arrival. */
  heardOf(id: string): Envelope[];
  /** As the legacy publishes. */
  tell(id: string, title: string, sentAt?: Temporal.Instant): Promise<void>;
  /** Stores a book, or changes its title, without a word. */
  keepQuiet(id: string, title: string): Promise<void>;
  /** The new system publishes what waits. */
  relay(): Promise<void>;
};

/** With its tap at `tapUrl`, and all else at `url`. */
export async function aToldLibrary(url: string, tapUrl = url): Promise<ToldLibrary> {
  const library = await aLibrary();
  await library.next.query(`create table library.outbox (
    position bigint generated always as identity primary key, message_id uuid not null unique, urn text not null, key text not null,
    version bigint, sent_at timestamptz not null, traceparent text, body json not null, published_at timestamptz)`);
  const plan = { ...library.takeover.plan, messages };
  const tap = createTap({ url: tapUrl, queue: tapQueueOf(plan), urns: messages.urns });
  onTestFinished(() => tap.close());
  const books = await openExchange(url, exchange);
  onTestFinished(() => books.close());
  const relay = await aRelay(url, library);
  return {
    ...library,
    takeover: { ...library.takeover, plan, tap },
    heardOf: (id) => books.heard.map((body): Envelope => JSON.parse(body)).filter(({ message }) => message.id === id),
    tell: (id, title, sentAt = Temporal.Now.instant()) => books.publish(envelopeOf(id, title, sentAt)),
    relay,
    async keepQuiet(id, title) {
      await library.legacy.query(
        `insert into "Library"."Book" ("BookId", "Title") values ($1, $2)
         on conflict ("BookId") do update set "Title" = excluded."Title"`,
        [id, title],
      );
    },
  };
}

/** Carries the library's rows, and hears what is told from now on. */
export async function aHearingWorker(library: ToldLibrary, onUntold?: (keys: readonly string[]) => void) {
  const worker = await aWorker(library, onUntold && { onUntold });
  const { plan, places } = library.takeover;
  const { name } = streamOf(plan, 'next');
  await until(
    'it hears',
    async () => (await readTap(places.next.pool, name))?.isWhole && (await library.takeover.tap?.readers()) === 1,
  );
  return worker;
}

/** A book that the legacy has stored and told of. Answers its id. */
export async function lendAloud(library: ToldLibrary): Promise<string> {
  const id = await lend(library);
  await library.tell(id, `Book ${id}`);
  return id;
}

const messages: UnitMessages = {
  of: { schema: 'Library', name: 'Book', key: ['BookId'] },
  urns: [urn],
  read({ body }) {
    const { id, title } = body as Envelope['message'];
    return { key: id, says: title };
  },
  async sayings(next, ids) {
    const { rows } = await next.query<Envelope['message']>(
      'select id, title from library.books where id = any($1::uuid[])',
      [ids],
    );
    return rows.map((body) => ({ key: body.id, says: body.title, urn, body }));
  },
  tell: (tx, those) => addOnce(tx, 'library', those),
};

function envelopeOf(id: string, title: string, sentAt: Temporal.Instant): string {
  const [messageId, sentTime] = [randomUUID(), sentAt.toString()];
  return JSON.stringify({ messageId, messageType: [urn], message: { id, title }, sentTime, headers: {} });
}

async function aRelay(url: string, { next }: Library): Promise<() => Promise<void>> {
  const sender = { machineName: 'm', processName: 'p', processId: 1, address: 'rabbitmq://localhost/p?temporary=true' };
  const ignore = () => undefined;
  const report = { failed: ignore, parked: ignore, disconnected: ignore };
  const broker = await createRabbitBroker({ url, sender, report, isTransient: () => true });
  onTestFinished(() => broker.stop());
  return async () => {
    while ((await relayPass(next, 'library', broker)) > 0);
  };
}
