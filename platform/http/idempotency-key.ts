import { unreadable } from '@ticketbuddy/errors';

// A structured-field string, as the IETF draft has it, or the bare text that most clients send.
const pattern = /^(?:"([\x20-\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255}))$/;

/** The key of a request that its client may send again (`Idempotency-Key`, 1 to 255 printable ASCII characters). */
export function readIdempotencyKey(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, quoted, bare] = (typeof header === 'string' ? pattern.exec(header) : null) ?? [];
  const key = quoted ?? bare;
  if (key === undefined) {
    throw unreadable('Idempotency-Key', 'The Idempotency-Key is not a text of 1 to 255 printable characters.');
  }
  return key;
}
