import type { Exchange, RecordedAnswer, RecordedRequest, Step, Story } from './captures.ts';

/** Builders of recordings for the tests. */
export function aStory(...steps: readonly Step[]): Story {
  return { name: 'a story', steps };
}

type Parts = Partial<Omit<Exchange, 'request' | 'response'>> & {
  readonly headers?: RecordedRequest['headers'];
  readonly body?: string | null;
  readonly answer?: Partial<RecordedAnswer>;
};

/** `asking('GET /events', { answer: { body: '[]' } })`: answered 200 with JSON unless the parts say otherwise. */
export function asking(line: string, { headers = {}, body = null, answer = {}, ...others }: Parts = {}): Exchange {
  const [method = '', path = ''] = line.split(' ');
  const json = { 'content-type': 'application/json; charset=utf-8' };
  const response = { status: 200, headers: answer.body ? json : {}, body: '', ...answer };
  return { name: line, ...others, request: { method, path, headers, body }, response };
}

export function creating(collection: 'events' | 'users', id: string, others: Parts = {}): Exchange {
  const headers = { 'content-type': 'application/json', location: `/${collection}/${id}` };
  const answer = { status: 201, headers, body: JSON.stringify(id) };
  return asking(`POST /${collection}`, { body: '{}', answer, ...others });
}

/** A POST that takes seats: answered 204. */
export function taking(
  verb: 'reserve' | 'purchase',
  eventId: string,
  userId: string,
  ticketIds: readonly string[],
): Exchange {
  const body = JSON.stringify({ userId, ticketIds });
  const headers = { 'content-type': 'application/json' };
  return asking(`POST /events/${eventId}/tickets/${verb}`, { headers, body, answer: { status: 204 } });
}

export function endingHoldsOf(eventId: string, ...ticketIds: readonly string[]): Step {
  const redisDel = ticketIds.map((id) => `event:${eventId}:ticket:${id}:reservation`);
  return { name: 'the holds end', control: { redisDel } };
}

/** Ids that differ in every form, with letters in them: `anId(1)`, `anId(2)`. */
export function anId(n: number): string {
  const digits = `${n}`.padStart(3, '0');
  return `abcde${digits}-0a${digits.slice(1)}-4abc-8def-abcdef012${digits}`;
}
