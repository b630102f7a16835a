import type { Exchange } from './captures.ts';
import type { Defect } from './planted-defects.ts';

const OTHER_ID = '0123abcd-0123-4123-8123-0123456789ab';

/** What a server could get wrong in the body of an answer, as recorded and as next. */
export const BODY_DEFECTS: readonly Defect[] = [
  {
    what: 'a price that is a penny off',
    at: ({ response }) => /"Price":\d+\.\d\d,/.test(response.body),
    answer: ({ body }) => ({ body: body.replace(/(?<="Price":\d+\.\d)\d/, (penny) => String(9 - Number(penny))) }),
    where: /^body \$(\[0\])?\.Price$/,
  },
  {
    what: 'a penny off a price that a double cannot hold',
    at: ({ response }) => response.body.includes('9999999999999999.99'),
    answer: ({ body }) => ({ body: body.replace('9999999999999999.99', '9999999999999999.98') }),
    where: /Price$/,
  },
  {
    what: 'a price as text',
    at: ({ response }) => /"Price":25/.test(response.body),
    answer: ({ body }) => ({ body: body.replace(/"Price":([\d.]+)/, '"Price":"$1"') }),
    where: /Price$/,
  },
  {
    what: 'events in another order',
    at: ({ response }) => listOf(response.body, 'StartDate').length > 1,
    answer: ({ body }) => ({ body: JSON.stringify(listOf(body, 'StartDate').reverse()) }),
    where: /^body \$\[0\]\./,
  },
  {
    what: 'a list without its last event',
    at: ({ response }) => listOf(response.body, 'StartDate').length > 1,
    answer: ({ body }) => ({ body: JSON.stringify(listOf(body, 'StartDate').slice(0, -1)) }),
    where: /^body \$\[\d+\]$/,
  },
  {
    what: 'a member that is missing',
    at: ({ response }) => response.body.startsWith('{"EventName"'),
    answer: ({ body }) => ({ body: body.replace(/"Venue":"\w+",/, '') }),
    where: 'body $.Venue',
  },
  {
    what: 'a member too many',
    at: ({ response }) => response.body.startsWith('{"EventName"'),
    answer: ({ body }) => ({ body: body.replace('{', '{"SoldOut":false,') }),
    where: 'body $.SoldOut',
  },
  {
    what: 'a null member that the contract leaves out',
    at: ({ response }) => response.body.startsWith('{"FullName"'),
    answer: ({ body }) => ({ body: body.replace('{', '{"Phone":null,') }),
    where: 'body $.Phone',
  },
  {
    what: 'a name in another case',
    at: ({ response }) => response.body.startsWith('{"FullName"'),
    answer: ({ body }) => ({ body: body.toLowerCase() }),
    where: 'body $.FullName',
  },
  {
    what: 'a time in another notation',
    at: ({ response }) => response.body.startsWith('{"EventName"'),
    answer: ({ body }) => ({ body: body.replace('+00:00', 'Z') }),
    where: 'body $.StartDate',
  },
  {
    what: 'the id of something else',
    at: ({ response }) => response.body.startsWith('{"FullName"'),
    answer: ({ body }) => ({ body: body.replace(/"Id":"[^"]+"/, `"Id":"${OTHER_ID}"`) }),
    where: 'body $.Id',
  },
  {
    what: 'an id in upper case',
    at: ({ response }) => response.body.startsWith('{"FullName"'),
    answer: ({ body }) => ({ body: body.replace(/"Id":"[^"]+"/, (id) => id.toUpperCase().replace('ID', 'Id')) }),
    where: 'body $.Id',
  },
  {
    what: 'a problem of another title',
    at: isProblem,
    answer: ({ body }) => ({ body: body.replace(/"title":"/, '"title":"Very ') }),
    where: 'body $.title',
  },
  {
    what: 'a problem of another status than its answer',
    at: isProblem,
    answer: ({ body }) => ({ body: body.replace(/"status":\d+/, '"status":418') }),
    where: 'body $.status',
  },
  {
    what: 'a problem that has lost its errors',
    at: ({ response }) => /"errors":\{/.test(response.body),
    answer: ({ body }) => ({ body: body.replace(/"errors":\{.*\},"traceId"/, '"traceId"') }),
    where: 'body $.errors',
  },
  {
    what: 'a problem with errors where there are none',
    at: ({ response }) => isProblemBody(response.body) && !response.body.includes('"errors"'),
    answer: ({ body }) => ({ body: body.replace('{', '{"errors":{},') }),
    where: 'body $.errors',
  },
  {
    what: 'a problem with a trace id of its own although the caller had one',
    at: ({ request, response }) => /^00-/.test(request.headers.traceparent ?? '') && isProblemBody(response.body),
    answer: ({ body }) => ({ body: body.replace(/"traceId":"00-\w{32}/, `"traceId":"00-${'1'.repeat(32)}`) }),
    where: 'body $.traceId',
  },
  {
    what: 'a seat that is missing',
    at: ({ response }) => listOf(response.body, 'SeatNumber').length > 1,
    answer: ({ body }) => ({ body: body.replace(/\{[^{}]*"SeatNumber":2,[^{}]*\},?/, '').replace(',]', ']') }),
    where: /^body \$\[\?\w+=.+\]$/,
  },
  {
    what: 'a seat that is offered twice',
    at: ({ response }) => listOf(response.body, 'SeatNumber').length > 1,
    answer: ({ body }) => ({ body: body.replace(/\{[^{}]*"SeatNumber":2,[^{}]*\}/, '$&,$&') }),
    where: /^body \$\[\?\w+=.+\]$/,
  },
  {
    what: 'a seat shown as held that is free',
    at: ({ response }) => /"Reserved":false/.test(response.body),
    answer: ({ body }) => ({ body: body.replace('"Reserved":false', '"Reserved":true') }),
    where: /^body \$\[\?SeatNumber=\d+\]\.Reserved$/,
  },
  {
    what: 'a user that is missing from the list',
    at: ({ response }) => listOf(response.body, 'FullName').length > 1,
    answer: ({ body }) => ({ body: JSON.stringify(listOf(body, 'FullName').slice(1)) }),
    where: /^body \$\[\?\w+=.+\]$/,
  },
  {
    what: 'no JSON where there was some',
    at: ({ response }) => response.status === 200,
    answer: () => ({ body: '<html></html>' }),
    where: 'body',
  },
];

function isProblem({ response }: Exchange): boolean {
  return isProblemBody(response.body);
}

function isProblemBody(body: string): boolean {
  return body.includes('"traceId"');
}

function listOf(body: string, member: string): unknown[] {
  return body.startsWith(`[{`) && body.includes(`"${member}"`) ? JSON.parse(body) : [];
}
