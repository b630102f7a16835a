import type pg from 'pg';
import type { Message } from './message.ts';
import { outboxChannel } from './outbox-channel.ts';

/**
 * Adds messages to the outbox of `schema`, in their order, each once by its id however often it is added. They exist if and only if
 * the client's transaction commits.
 */
export async function addOnce(
  client: Pick<pg.ClientBase, 'query'>,
  schema: string,
  messages: readonly Message[],
): Promise<void> {
  const column = <K extends keyof Message>(name: K) => messages.map((message) => message[name]);
  await client.query(
    `with added as (
       insert into ${schema}.outbox (message_id, urn, key, version, sent_at, body)
       select id, urn, key, version, sent_at, body
       from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::json[])
         with ordinality as given (id, urn, key, version, sent_at, body, nth)
       order by nth on conflict (message_id) do nothing
     )
     select pg_notify($7, '')`,
    [
      column('id'),
      column('urn'),
      column('key'),
      column('version'),
      messages.map(({ sentAt }) => sentAt.toString()),
      messages.map(({ body }) => JSON.stringify(body)),
      outboxChannel(schema),
    ],
  );
}
