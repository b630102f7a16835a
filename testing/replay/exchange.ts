import { type Bindings, copyBindings, substitute } from './bindings.ts';
import { generateBody } from './body-generator.ts';
import type { Exchange, Headers, RecordedRequest, Step } from './captures.ts';
import { differencesOf } from './compare.ts';
import type { Difference } from './difference.ts';
import { isAboutEndedHolds, isAboutUnendedHolds, noteSkippedSeats } from './end-holds.ts';
import { type Expectation, expectationOf } from './expectation.ts';
import { askUntil } from './patience.ts';
import type { Outcome, Run, SkipReason } from './run.ts';
import { type Outgoing, send } from './send.ts';

export async function replayExchange(run: Run, exchange: Exchange): Promise<Outcome> {
  const expected = expectationFor(run, exchange);
  const outgoing = outgoingOf(run, exchange.request);
  const reason = outgoing ? reasonToSkip(run, exchange, expected) : 'unreadable-body';
  if (reason === 'needs-the-end-of-a-hold') noteSkippedSeats(run, exchange.request, expected.status);
  if (!outgoing || reason) return { outcome: 'skipped', reason: reason ?? 'unreadable-body' };
  const patienceMs = outgoing.method === 'GET' ? run.patienceMs : 0;
  const { bindings, differences } = await askUntil(patienceMs, () => ask(run, exchange, expected, outgoing), isFinal);
  run.bindings = bindings;
  run.holds.note(exchange.request, expected.status);
  return differences.length > 0 ? { outcome: 'failed', differences } : { outcome: 'passed' };
}

/** The request as it is sent, for a reader. Steps without one are named by what they do. */
export function requestLine(run: Run, { request }: Step): string {
  return request ? `${request.method} ${substitute(run.bindings, request.path)}` : '(no request)';
}

/** An exchange that waits for the end of a hold is marked as skipped, but without a difference: once ended, it is asked. */
function expectationFor(run: Run, exchange: Exchange): Expectation {
  return expectationOf(exchange, isSkipMarked(run, exchange) ? 'legacy' : run.as);
}

function reasonToSkip(run: Run, exchange: Exchange, expected: Expectation): SkipReason | undefined {
  if (run.ownPaths.includes(exchange.request.path)) return 'own-path';
  const isMarked = isSkipMarked(run, exchange);
  if (isMarked && exchange.ledger !== undefined) return 'not-asked';
  if (isAboutUnendedHolds(run, exchange, expected)) return 'needs-the-end-of-a-hold';
  return isMarked && !isAboutEndedHolds(run, exchange) ? 'not-asked' : undefined;
}

function isSkipMarked(run: Run, exchange: Exchange): boolean {
  return run.as === 'next' && exchange.next?.skip === true;
}

/** `undefined` when the recording describes the body in words that no rule reads. */
function outgoingOf(run: Run, request: RecordedRequest): Outgoing | undefined {
  const body = bodyOf(run, request);
  if (body === undefined) return undefined;
  const headers = Object.entries(request.headers).map(([name, value]) => [name, substitute(run.bindings, value)]);
  return {
    method: request.method,
    path: substitute(run.bindings, request.path),
    headers: Object.fromEntries(headers) as Headers,
    body: body === null ? undefined : Buffer.from(body),
  };
}

function bodyOf({ story, bindings }: Run, request: RecordedRequest): string | null | undefined {
  const { body, bodyGenerator, bodyStart = '' } = request;
  if (bodyGenerator !== undefined)
    return generateBody(story, { ...request, bodyStart: substitute(bindings, bodyStart) });
  return body === null ? null : substitute(bindings, body);
}

type Attempt = {
  readonly bindings: Bindings;
  readonly differences: readonly Difference[];
  readonly isAnswered: boolean;
};

/** Ids are bound on a copy: an answer that comes too early must not say which id is which. */
async function ask(run: Run, exchange: Exchange, expected: Expectation, outgoing: Outgoing): Promise<Attempt> {
  const bindings = copyBindings(run.bindings);
  try {
    const answer = await send(run.baseUrl, outgoing);
    return { bindings, differences: differencesOf(bindings, exchange, expected, answer), isAnswered: true };
  } catch (error) {
    const got = `none: ${error instanceof Error ? error.message || String(error) : error}`;
    return { bindings, differences: [{ where: 'answer', expected: String(expected.status), got }], isAnswered: false };
  }
}

function isFinal({ differences, isAnswered }: Attempt): boolean {
  return differences.length === 0 || !isAnswered;
}
