import type { Pool } from 'undici';
import type { Entry, Outcome, Shown } from './history.ts';
import type { Planned } from './plan.ts';
import { readEvent } from './wire.ts';

export type Sending = {
  readonly number: number;
  readonly intendedAt: number;
  readonly timeoutMs: number;
};

/** Sends one request, once, and answers what is to be kept of it. Never rejects: no answer is an outcome, too. */
export async function ask(pool: Pool, planned: Planned, { number, intendedAt, timeoutMs }: Sending): Promise<Entry> {
  const sentAt = performance.now();
  const answer = await exchange(pool, planned, timeoutMs);
  const answeredAt = performance.now();
  const outcome = outcomeOf(planned, answer);
  const asked = { number, intendedAt, sentAt, answeredAt, status: answer?.status, outcome };
  const text = outcome === 'acknowledged' ? (answer?.text ?? '') : '';
  if (planned.kind === 'list') return { ...asked, kind: 'list', shown: listOf(text) };
  if (planned.kind === 'read') {
    const { kind, event, id } = planned;
    return { ...asked, kind, event, id, shown: answer?.status === 200 ? eventOf(text) : undefined };
  }
  const { kind, event, written, isRightful } = planned;
  return { ...asked, kind, event, id: planned.id ?? idOf(text), written, isRightful };
}

type Answer = { readonly status: number; readonly isRetryLater: boolean; readonly text: string };

async function exchange(pool: Pool, planned: Planned, timeoutMs: number): Promise<Answer | undefined> {
  const { method, path, body } = requestOf(planned);
  const headers = body === null ? {} : { 'content-type': 'application/json' };
  try {
    const answer = await pool.request({ method, path, headers, body, signal: AbortSignal.timeout(timeoutMs) });
    const isRetryLater = answer.headers['retry-after'] !== undefined;
    return { status: answer.statusCode, isRetryLater, text: await answer.body.text() };
  } catch {
    // Refused, reset, broken off or too late: which of them makes no difference to what may have happened.
    return undefined;
  }
}

function requestOf(planned: Planned) {
  if (planned.kind === 'list') return { method: 'GET', path: '/events', body: null } as const;
  if (planned.kind === 'read') return { method: 'GET', path: `/events/${planned.id}`, body: null } as const;
  const { id, body } = planned;
  if (id === undefined) return { method: 'POST', path: '/events', body } as const;
  return { method: 'PUT', path: `/events/${id}`, body } as const;
}

function outcomeOf({ kind }: Planned, answer: Answer | undefined): Outcome {
  if (!answer) return 'unknown';
  const { status, isRetryLater } = answer;
  if (status >= 200 && status < 300) return 'acknowledged';
  if (status === 404 && kind === 'read') return 'acknowledged';
  if (status >= 400 && status < 500) return 'refused';
  return status === 503 && isRetryLater ? 'failed' : 'unknown';
}

function idOf(text: string): string | undefined {
  return /^"([0-9a-f-]{36})"$/.exec(text)?.[1];
}

function listOf(text: string): Shown[] {
  if (text === '') return [];
  try {
    return (JSON.parse(text) as unknown[]).map(readEvent);
  } catch {
    return [unreadable(text)];
  }
}

function eventOf(text: string): Shown {
  try {
    return readEvent(JSON.parse(text));
  } catch {
    return unreadable(text);
  }
}

/** What cannot be read is kept as it came, under a name that nobody wrote. */
function unreadable(text: string): Shown {
  return { id: '', name: `unreadable: ${text.slice(0, 200)}`, startsAt: '', endsAt: '', venue: -1, pence: null };
}
