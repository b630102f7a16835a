import { isUtf8 } from 'node:buffer';
import type { Answer, Headers } from './answer.ts';
import { differencesOfJson, type KeyOfArray } from './diff-json.ts';
import type { Difference } from './difference.ts';
import { readJson } from './json-text.ts';

// No more of one pair of answers: they have little in common then, and the first ones tell it.
const differencesMax = 100;

// What a client or a cache goes by. Dates, lengths, ids of requests and what belongs to the connection differ by nature.
const comparedHeaders = [
  'allow',
  'cache-control',
  'content-disposition',
  'content-language',
  'content-type',
  'expires',
  'link',
  'location',
  'pragma',
  'retry-after',
  'www-authenticate',
];

/**
 * Where the answers differ, in the order of the control's. Of JSON each value is compared by its text (`25` is not `25.00`) and
 * members by their order; blanks and escapes do not matter. Arrays are compared in order, unless `keyOfArray` names the
 * member by which their items are to be found.
 */
export function compareAnswers(
  control: Answer,
  candidate: Answer,
  keyOfArray: KeyOfArray = () => undefined,
): Difference[] {
  const all = differencesOf(control, candidate, keyOfArray);
  return all.take(differencesMax).map(presentable).toArray();
}

function* differencesOf(control: Answer, candidate: Answer, keyOfArray: KeyOfArray): Generator<Difference> {
  const [status, other] = [`${control.status}`, `${candidate.status}`];
  if (status !== other) yield { path: 'status', at: 'status', kind: 'status', control: status, candidate: other };
  yield* differencesOfHeaders(control.headers, candidate.headers);
  if (!control.body.equals(candidate.body)) yield* differencesOfBodies(control, candidate, keyOfArray);
}

function* differencesOfHeaders(control: Headers, candidate: Headers): Generator<Difference> {
  for (const name of comparedHeaders) {
    const [one, other] = [headerOf(control, name), headerOf(candidate, name)];
    const path = `header ${name}`;
    if (one !== other) yield { path, at: path, kind: 'header', control: one, candidate: other };
  }
}

function headerOf(headers: Headers, name: string): string | null {
  const value = headers[name];
  return value === undefined ? null : [value].flat().join(', ');
}

function* differencesOfBodies(control: Answer, candidate: Answer, keyOfArray: KeyOfArray): Generator<Difference> {
  const [one, other] = [control.body.toString(), candidate.body.toString()];
  const [json, otherJson] = [isJson(control) && readJson(one), isJson(candidate) && readJson(other)];
  if (json && otherJson) yield* differencesOfJson(json, otherJson, '$', keyOfArray);
  else yield { path: '$', at: '$', kind: 'text', ...aroundFirstDifference(one, other) };
}

// Bytes that are no text would all be read as the same character.
function isJson({ headers, body }: Answer): boolean {
  return /[/+]json\b/i.test(`${headers['content-type'] ?? ''}`) && isUtf8(body);
}

const contextBefore = 40;

function aroundFirstDifference(control: string, candidate: string): Pick<Difference, 'control' | 'candidate'> {
  let at = 0;
  while (at < control.length && control[at] === candidate[at]) at += 1;
  const from = Math.max(0, at - contextBefore);
  return { control: control.slice(from), candidate: candidate.slice(from) };
}

const pathLengthMax = 300;
const valueLengthMax = 200;

function presentable({ path, at, kind, control, candidate }: Difference): Difference {
  return {
    path: storable(path, pathLengthMax),
    at: storable(at, pathLengthMax),
    kind,
    control: control === null ? null : storable(control, valueLengthMax),
    candidate: candidate === null ? null : storable(candidate, valueLengthMax),
  };
}

// Bodies hold what they like; PostgreSQL keeps no NUL and no half of a character.
function storable(text: string, lengthMax: number): string {
  const short = text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;
  return short.toWellFormed().replaceAll('\0', '\uFFFD');
}
