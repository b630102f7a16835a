import { Conflict, Failure, Problem } from '@ticketbuddy/contracts';
import type { Route } from '@ticketbuddy/http';
import { Value } from 'typebox/value';
import type { Answer } from './test-send.ts';

const failureHeaders = { 'cache-control': 'no-cache,no-store', expires: '-1', pragma: 'no-cache' };
const titles: Readonly<Record<number, string>> = {
  400: 'One or more validation errors occurred.',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
};

/** What the contract does not allow in the answer to a request for `route`; `undefined` when it is in order. */
export function breach(answer: Answer, route?: Route): string | undefined {
  const { status } = answer;
  if (status >= 500) return `answered ${status}`;
  if (status < 300) return route && breachOfSuccess(answer, route);
  if (isFailure(answer)) return breachOfFailure(answer);
  if (isConflict(answer)) return breachOfConflict(answer, route);
  if (isProblem(answer)) return breachOfProblem(answer);
  if (status !== 404 && status !== 405) return `answered ${status} without saying why`;
  if (status === 405 && !answer.headers.allow) return 'a 405 does not say what is allowed';
  return answer.body === '' ? undefined : `the ${status} has a body that nobody knows: ${answer.body}`;
}

/** The business said no, as the first version of the API tells it or as the second does. */
export function isRefusal(answer: Answer): boolean {
  return isFailure(answer) || isConflict(answer);
}

function isFailure({ status, headers, body }: Answer): boolean {
  return status === 400 && headers['content-type'] === undefined && body !== '';
}

function isProblem({ headers }: Answer): boolean {
  return headers['content-type'] === 'application/problem+json; charset=utf-8';
}

function isConflict(answer: Answer): boolean {
  return isProblem(answer) && 'code' in JSON.parse(answer.body);
}

function breachOfSuccess({ status, headers, body }: Answer, { answers, type }: Route): string | undefined {
  if (!(status in answers)) return `${status} is not among the route's answers`;
  const schema = answers[status];
  if (schema === undefined) return body === '' ? undefined : `the ${status} has a body`;
  if (headers['content-type'] !== (type ?? 'application/json; charset=utf-8'))
    return `the content type ${headers['content-type']}`;
  if (type !== undefined) return undefined;
  return Value.Check(schema, JSON.parse(body))
    ? undefined
    : `the body is not what the route says: ${body.slice(0, 500)}`;
}

function breachOfFailure({ headers, body }: Answer): string | undefined {
  const failure: unknown = JSON.parse(body);
  if (!Value.Check(Failure, failure) || failure.Errors.length !== 1) return `the body is no Failure: ${body}`;
  const wrong = Object.entries(failureHeaders).filter(([name, value]) => headers[name] !== value);
  return wrong.length > 0 ? `the Failure lacks ${wrong.map(([name]) => name)}` : undefined;
}

function breachOfConflict({ status, body }: Answer, route?: Route): string | undefined {
  const conflict: unknown = JSON.parse(body);
  if (!Value.Check(Conflict, conflict)) return `the body is no Conflict: ${body}`;
  if (conflict.status !== status || conflict.title !== titles[status]) return `the ${status} says: ${body}`;
  const unheardOf = Object.keys(conflict).filter((name) => !(name in Conflict.properties));
  if (unheardOf.length > 0) return `the Conflict has members that nobody knows: ${unheardOf}`;
  return route && route.answers[status] !== Conflict ? `the route does not say that it answers ${body}` : undefined;
}

function breachOfProblem({ status, body }: Answer): string | undefined {
  const problem: unknown = JSON.parse(body);
  if (!Value.Check(Problem, problem)) return `the body is no Problem: ${body}`;
  if (problem.status !== status || problem.title !== titles[status]) return `the ${status} says: ${body}`;
  if ((status === 400) !== (Object.keys(problem.errors ?? {}).length === 1)) return `the ${status} says: ${body}`;
  return undefined;
}
