import { type Bindings, describe, meet } from './bindings.ts';
import type { Exchange } from './captures.ts';
import { jsonDifferences } from './compare-json.ts';
import { type HeaderRule, type HeaderRules, headersByContract } from './contract-headers.ts';
import type { Difference } from './difference.ts';
import type { Expectation } from './expectation.ts';
import { isObject, type JsonObject, parseJson, writeJson } from './json.ts';
import type { Answer } from './send.ts';

/** The headers that carry meaning, compared in both directions: one that is there and should not be is a difference too. */
const COMPARED_HEADERS = [
  'content-type',
  'location',
  'allow',
  'cache-control',
  'expires',
  'pragma',
  'access-control-allow-origin',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'retry-after',
  'etag',
  'content-encoding',
] as const;

/** What the answer has otherwise than expected. Binds the ids that it gives for the first time. */
export function differencesOf(
  bindings: Bindings,
  exchange: Exchange,
  expected: Expectation,
  got: Answer,
): Difference[] {
  if (expected.status !== got.status) return statusDifferences(bindings, expected, got);
  const differences = [
    ...headerDifferences(bindings, exchange, expected, got),
    ...bodyDifferences(bindings, exchange, expected, got),
  ];
  bindUncompared(bindings, exchange, expected, got);
  return differences;
}

/** Of another kind of answer every header and the whole body differ; its body alone says what happened. */
function statusDifferences(bindings: Bindings, expected: Expectation, got: Answer): Difference[] {
  const status = { where: 'status', expected: String(expected.status), got: String(got.status) };
  const body = { where: 'body', expected: describe(bindings, expected.body ?? 'any'), got: got.body };
  return body.expected === body.got ? [status] : [status, body];
}

function headerDifferences(bindings: Bindings, exchange: Exchange, expected: Expectation, got: Answer): Difference[] {
  const rules = headerRules(exchange, expected, got);
  if (!rules) return [];
  return COMPARED_HEADERS.filter((name) => !meetsRule(bindings, name, rules[name], got.headers[name])).map((name) => ({
    where: `header ${name}`,
    expected: showRule(bindings, rules[name]),
    got: got.headers[name] ?? 'nothing',
  }));
}

function headerRules({ request }: Exchange, expected: Expectation, got: Answer): HeaderRules | undefined {
  if (expected.headers !== 'by-contract') return expected.headers;
  return headersByContract(request, expected.status, expected.body ?? got.body);
}

function meetsRule(bindings: Bindings, name: string, rule: HeaderRule | undefined, got: string | undefined): boolean {
  if (rule === undefined || got === undefined) return rule === got;
  if (typeof rule !== 'string') return rule.test(got);
  return name === 'content-type' ? mediaType(rule) === mediaType(got) : meet(bindings, rule, got);
}

function mediaType(contentType: string): string | undefined {
  return contentType.split(';')[0]?.trim().toLowerCase();
}

function showRule(bindings: Bindings, rule: HeaderRule | undefined): string {
  if (rule === undefined) return 'nothing';
  return typeof rule === 'string' ? describe(bindings, rule) : `what matches ${rule}`;
}

function bodyDifferences(bindings: Bindings, exchange: Exchange, expected: Expectation, got: Answer): Difference[] {
  if (expected.body === undefined) return [];
  const wanted = parseJson(expected.body);
  const found = parseJson(got.body);
  if (wanted === undefined || found === undefined) return textDifferences(bindings, expected.body, got.body);
  if (isProblem(wanted) && isObject(found)) return problemDifferences(bindings, exchange, wanted, found);
  return jsonDifferences(bindings, wanted, found);
}

function textDifferences(bindings: Bindings, expected: string, got: string): Difference[] {
  if (meet(bindings, expected, got)) return [];
  return [{ where: 'body', expected: describe(bindings, expected) || 'nothing', got: got || 'nothing' }];
}

function isProblem(json: ReturnType<typeof parseJson>): json is JsonObject {
  return isObject(json) && 'title' in json && 'status' in json;
}

/** By title, status and whether there are errors. The inner texts name types of the recorded server. */
function problemDifferences(
  bindings: Bindings,
  exchange: Exchange,
  expected: JsonObject,
  got: JsonObject,
): Difference[] {
  const compared = (problem: JsonObject): JsonObject => ({
    ...('title' in problem && { title: problem.title ?? null }),
    ...('status' in problem && { status: problem.status ?? null }),
    ...('errors' in problem && { errors: isObject(problem.errors) ? '{…}' : (problem.errors ?? null) }),
  });
  return [...jsonDifferences(bindings, compared(expected), compared(got)), ...traceDifferences(exchange, got)];
}

/** The trace id of a valid incoming traceparent shows in the problem, so that a caller finds its own trace again. */
function traceDifferences({ request }: Exchange, problem: JsonObject): Difference[] {
  const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
  const traceId = traceparent.exec(request.headers.traceparent ?? '')?.[1];
  const got = writeJson(problem.traceId ?? null);
  if (traceId === undefined || got.includes(traceId)) return [];
  return [{ where: 'body $.traceId', expected: `one with ${traceId} in it`, got }];
}

/** Where headers or body are not compared, the recorded ones still tell which ids the server gives here. */
function bindUncompared(bindings: Bindings, { response }: Exchange, expected: Expectation, got: Answer): void {
  if (response.status !== got.status) return;
  if (expected.headers === 'by-contract') meet(bindings, response.headers.location ?? '', got.headers.location ?? '');
  const recorded = expected.body === undefined ? parseJson(response.body ?? '') : undefined;
  const found = parseJson(got.body);
  if (recorded !== undefined && found !== undefined) jsonDifferences(bindings, recorded, found);
}
