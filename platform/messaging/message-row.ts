import type { Message } from './message.ts';

/** A message as the outbox and the embedded broker keep it. */
export type MessageRow = {
  readonly message_id: string;
  readonly urn: string;
  readonly key: string;
  readonly version: number | null;
  readonly sent_at: Temporal.Instant;
  readonly traceparent: string | null;
  readonly body: unknown;
};

export function toMessage(row: MessageRow): Message {
  return {
    id: row.message_id,
    urn: row.urn,
    key: row.key,
    version: row.version ?? undefined,
    sentAt: row.sent_at,
    body: row.body,
    ...(row.traceparent !== null && { traceparent: row.traceparent }),
  };
}
