import type { Exchange, RecordedAnswer } from './captures.ts';

export type Defect = {
  readonly what: string;
  /** The first recorded exchange that has this is answered with the defect. */
  readonly at: (exchange: Exchange) => boolean;
  readonly answer: (answer: RecordedAnswer, exchange: Exchange) => Partial<RecordedAnswer>;
  /** Where the replay says that it differs. */
  readonly where: string | RegExp;
};

const OTHER_ID = '0123abcd-0123-4123-8123-0123456789ab';

/** What a server could get wrong in the status and the headers of an answer, as recorded and as next. */
export const ANSWER_DEFECTS: readonly Defect[] = [
  {
    what: 'a status that is only nearly right',
    at: ({ response }) => response.status === 204,
    answer: () => ({ status: 200 }),
    where: 'status',
  },
  {
    what: 'an answer from another route',
    at: ({ response }) => response.status === 404 && response.body === '',
    answer: () => ({ status: 200, body: '[]', headers: { 'content-type': 'application/json' } }),
    where: 'status',
  },
  {
    what: 'a refusal that may be cached',
    at: isRefusal,
    answer: ({ headers }) => ({ headers: without(headers, 'cache-control') }),
    where: 'header cache-control',
  },
  {
    what: 'a refusal with a content type, which the legacy never gave it',
    at: isRefusal,
    answer: ({ headers }) => ({ headers: { ...headers, 'content-type': 'application/json' } }),
    where: 'header content-type',
  },
  {
    what: 'a refusal in other words',
    at: isRefusal,
    answer: ({ body }) => ({ body: body.replace(/"Errors":\["/, '"Errors":["Sorry: ') }),
    where: 'body $.Errors[0]',
  },
  {
    what: 'a second reason for a refusal',
    at: isRefusal,
    answer: ({ body }) => ({ body: body.replace(']}', ',"And more"]}') }),
    where: 'body $.Errors[1]',
  },
  ...['etag', 'content-encoding', 'retry-after', 'allow', 'pragma', 'access-control-allow-origin'].map((name) => ({
    what: `an answer with a header too many: ${name}`,
    at: ({ request, response }: Exchange) => response.status === 200 && request.headers.origin === undefined,
    answer: ({ headers }: RecordedAnswer) => ({ headers: { ...headers, [name]: 'identity' } }),
    where: `header ${name}`,
  })),
  {
    what: 'an answer of another media type',
    at: ({ response }) => response.status === 200,
    answer: ({ headers }) => ({ headers: { ...headers, 'content-type': 'text/plain' } }),
    where: 'header content-type',
  },
  {
    what: 'an Allow that names another verb',
    at: ({ response }) => response.status === 405,
    answer: ({ headers }) => ({ headers: { ...headers, allow: 'GET, POST, PUT' } }),
    where: 'header allow',
  },
  {
    what: 'no Allow at all',
    at: ({ response }) => response.status === 405,
    answer: ({ headers }) => ({ headers: without(headers, 'allow') }),
    where: 'header allow',
  },
  {
    what: 'an answer that a page from elsewhere may not read',
    at: ({ request }) => request.headers.origin !== undefined,
    answer: ({ headers }) => ({ headers: without(headers, 'access-control-allow-origin') }),
    where: 'header access-control-allow-origin',
  },
  {
    what: 'a preflight that allows another verb',
    at: ({ response }) => response.headers['access-control-allow-methods'] !== undefined,
    answer: ({ headers }) => ({ headers: { ...headers, 'access-control-allow-methods': 'GET, POST, PUT' } }),
    where: 'header access-control-allow-methods',
  },
  {
    what: 'a 404 with a page in it',
    at: ({ request, response }) => response.headers['content-length'] === '0' && request.method === 'GET',
    answer: ({ headers }) => ({ headers: without(headers, 'content-length'), body: 'Not Found' }),
    where: 'body',
  },
  {
    what: 'a location that leads elsewhere than the id in the body',
    at: ({ response }) => response.status === 201,
    answer: ({ headers }) => ({
      headers: { ...headers, location: headers.location?.replace(/[^/]+$/, OTHER_ID) ?? '' },
    }),
    where: 'body $',
  },
  {
    what: 'a location without a collection',
    at: ({ response }) => response.status === 201,
    answer: ({ headers }) => ({ headers: { ...headers, location: headers.location?.replace(/^\/\w+/, '') ?? '' } }),
    where: 'header location',
  },
  {
    what: 'the id that the client made up',
    at: ({ request, response }) => response.status === 201 && /"Id":/.test(request.body ?? ''),
    answer: ({ headers }, { request }) => taking(/"Id":"([^"]+)"/.exec(request.body ?? '')?.[1] ?? '', headers),
    where: 'header location',
  },
];

/** What it could get wrong where the new system differs on purpose, and few headers are recorded. */
export const DEFECTS_AS_NEXT: readonly Defect[] = [
  {
    what: 'a new refusal with a content type',
    at: isMarkedRefusal,
    answer: ({ headers }) => ({ headers: { ...headers, 'content-type': 'application/problem+json' } }),
    where: 'header content-type',
  },
  {
    what: 'a new refusal that may be cached',
    at: isMarkedRefusal,
    answer: ({ headers }) => ({ headers: without(headers, 'pragma') }),
    where: 'header pragma',
  },
  {
    what: 'a new refusal that a page from elsewhere may not read',
    at: (exchange) => isMarkedRefusal(exchange) && exchange.request.headers.origin !== undefined,
    answer: ({ headers }) => ({ headers: without(headers, 'access-control-allow-origin') }),
    where: 'header access-control-allow-origin',
  },
  {
    what: 'a new 201 without a location',
    at: ({ next }) => next?.status === 201,
    answer: ({ headers }) => ({ headers: without(headers, 'location') }),
    where: 'header location',
  },
  {
    what: 'a new 201 that leads into another collection',
    at: ({ next }) => next?.status === 201,
    answer: ({ headers }) => ({ headers: { ...headers, location: `/elsewhere/${OTHER_ID}` } }),
    where: 'header location',
  },
  {
    what: 'a marked body that is a penny off',
    at: ({ next }) => /"Price":/.test(next?.body ?? ''),
    answer: ({ body }) => ({ body: body.replace(/"Price":(\d+)/, '"Price":1$1') }),
    where: /Price$/,
  },
];

function isRefusal({ response }: Exchange): boolean {
  return response.body.startsWith('{"Message"');
}

function isMarkedRefusal({ next }: Exchange): boolean {
  return next?.body?.startsWith('{"Message"') === true && Object.keys(next.headers ?? { some: '' }).length === 0;
}

function taking(id: string, headers: RecordedAnswer['headers']): Partial<RecordedAnswer> {
  const collection = headers.location?.split('/')[1];
  return { body: JSON.stringify(id), headers: { ...headers, location: `/${collection}/${id}` } };
}

function without(headers: RecordedAnswer['headers'], name: string): RecordedAnswer['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name));
}
