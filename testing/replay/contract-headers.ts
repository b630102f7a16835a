import type { RecordedRequest } from './captures.ts';
import { WRITTEN_ID } from './ids.ts';
import { isObject, parseJson } from './json.ts';

export type HeaderRule = string | RegExp;
export type HeaderRules = Readonly<Record<string, HeaderRule>>;

const REFUSAL: HeaderRules = { 'cache-control': 'no-cache,no-store', expires: '-1', pragma: 'no-cache' };

/**
 * The headers that contract.md gives to an answer of this status and body. `undefined`: it gives none to this kind
 * (413, the answer to a HEAD, …), so there is nothing to compare.
 */
export function headersByContract(request: RecordedRequest, status: number, body: string): HeaderRules | undefined {
  const rules = request.method === 'HEAD' ? undefined : (bodyRules(status, body) ?? statusRules(request, status, body));
  return rules && request.headers.origin !== undefined ? { 'access-control-allow-origin': '*', ...rules } : rules;
}

function bodyRules(status: number, body: string): HeaderRules | undefined {
  const json = parseJson(body);
  if (!isObject(json)) return undefined;
  if ('Message' in json && 'Errors' in json) return status === 503 ? { ...REFUSAL, 'retry-after': /./ } : REFUSAL;
  return 'title' in json && 'status' in json ? { 'content-type': 'application/problem+json' } : undefined;
}

function statusRules({ path }: RecordedRequest, status: number, body: string): HeaderRules | undefined {
  if (status === 204) return {};
  if (status === 201) return { 'content-type': 'application/json', location: locationUnder(path) };
  return status === 200 && parseJson(body) !== undefined ? { 'content-type': 'application/json' } : undefined;
}

function locationUnder(path: string): RegExp {
  const [collection = ''] = path.toLowerCase().split(/\/?(?:\?|$)/);
  return new RegExp(`^${RegExp.escape(collection)}/${WRITTEN_ID}$`);
}
