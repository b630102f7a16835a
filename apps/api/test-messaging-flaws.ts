import { type Broker, type Message, relayPass } from '@ticketbuddy/messaging';
import type pg from 'pg';
import { ourParts, type Parts } from './test-messaging-run.ts';
import type { RunPromise } from './test-messaging-verdict.ts';

/** Something wrong with the messages, put in on purpose, and the promise that it breaks. */
export type Flaw = {
  readonly what: string;
  readonly breaks: RunPromise;
  readonly parts: Parts;
  /** What is wrong with the database. */
  readonly spoil?: (pool: pg.Pool) => Promise<unknown>;
};

export const flaws: readonly Flaw[] = [
  {
    what: 'a relay that marks before it publishes',
    breaks: 'tickets knows every event as events does',
    parts: { ...ourParts, relay: markThenPublish },
  },
  {
    what: 'a relay that does not wait for the confirm',
    breaks: 'tickets knows every event as events does',
    parts: { ...ourParts, relay: publishAndForget },
  },
  {
    what: 'a relay without its lock',
    breaks: 'nothing is published twice while nothing fails',
    parts: { ...ourParts, relay: (pool, schema, broker) => relayPass(withoutLock(pool), schema, broker) },
  },
  {
    what: 'an inbox that does not remember',
    breaks: 'the inbox of tickets holds every message',
    parts: ourParts,
    spoil: (pool) => pool.query(forgetful('tickets')),
  },
  {
    what: 'a consumer that counts, with an inbox that does not remember',
    breaks: 'every message has its effect once',
    parts: ourParts,
    spoil: (pool) => pool.query(forgetful('witness')),
  },
  {
    what: 'a rule that does not ask for the version',
    breaks: 'tickets knows every event as events does',
    parts: { ...ourParts, consumers: (deps) => ourParts.consumers(deps).map(everyMessageIsNewer) },
  },
];

async function markThenPublish(pool: pg.Pool, schema: string, broker: Broker): Promise<number> {
  const marked: Message[] = [];
  const publish: Broker['publish'] = async (messages) => void marked.push(...messages);
  const count = await relayPass(pool, schema, { ...broker, publish });
  await broker.publish(marked);
  return count;
}

function publishAndForget(pool: pg.Pool, schema: string, broker: Broker): Promise<number> {
  const publish: Broker['publish'] = (messages) => broker.publish(messages).catch(() => undefined);
  return relayPass(pool, schema, { ...broker, publish });
}

function withoutLock(pool: pg.Pool): pg.Pool {
  const connect = async () => {
    const client = await pool.connect();
    const query = (text: string, ...rest: readonly unknown[]) =>
      (client.query as (...given: readonly unknown[]) => unknown)(
        text.replace(/pg_try_advisory_xact_lock\(hashtext\([^)]*\)\)/, 'true'),
        ...rest,
      );
    return Object.assign(Object.create(client), { query });
  };
  return { connect } as unknown as pg.Pool;
}

// D10: whatever comes last is taken for the newest.
let newest = 1_000_000;
function everyMessageIsNewer<T extends ReturnType<Parts['consumers']>[number]>(consumer: T): T {
  return { ...consumer, handle: (message: Message) => consumer.handle({ ...message, version: newest++ }) };
}

function forgetful(schema: string): string {
  return `
    create function ${schema}.forget() returns trigger language plpgsql as $$
    begin delete from ${schema}.inbox where message_id = new.message_id; return null; end $$;
    create trigger forgets after insert on ${schema}.inbox for each row execute function ${schema}.forget()`;
}
