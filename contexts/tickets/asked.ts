import type { Incoming } from '@ticketbuddy/http';
import { currentTraceparent } from '@ticketbuddy/telemetry';
import { attemptOf } from './idempotency.ts';
import type { Change, Decided, Told } from './request.ts';

/** What every request of v2 on an event says: of which event, by whom, in which trace, and as which attempt. */
export function askedBy<B extends { readonly userId: string }>(incoming: Incoming<B>, useCase: string) {
  const { ids, body, idempotencyKey: key } = incoming;
  const [eventId, userId] = [ids.eventId ?? '', body.userId.toLowerCase()];
  // The order of members means nothing in JSON, nor does it matter whether the hexadecimals of an id are small.
  const depends = () => [eventId, Object.entries({ ...body, userId }).sort()];
  const attempt = key === undefined ? undefined : attemptOf(`${useCase} v2`, userId, key, depends());
  return { ...traced(), eventId, userId, attempt };
}

/** What a request of v2 on a hold says. */
export function askedOfHold({ ids: { eventId = '', holdId = '' } }: Pick<Incoming<unknown>, 'ids'>) {
  return { ...traced(), eventId, holdId };
}

/** The same of a request that its client may send again. */
export function askedOfHoldOnce(incoming: Pick<Incoming<unknown>, 'ids' | 'idempotencyKey'>, useCase: string) {
  const asked = askedOfHold(incoming);
  const { idempotencyKey: key } = incoming;
  const { eventId, holdId } = asked;
  const attempt = key === undefined ? undefined : attemptOf(`${useCase} v2`, holdId, key, [eventId, holdId]);
  return { ...asked, attempt };
}

/** What was granted, now or before. Throws what was refused. */
export function granted(decided: Decided): Change | { readonly told: Told } {
  if ('refused' in decided) throw decided.refused;
  return decided;
}

function traced() {
  return { traceparent: currentTraceparent() };
}
