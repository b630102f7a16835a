import { Agent, type IncomingMessage, request as open } from 'node:http';

export type Outgoing = {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string | undefined;
};

export type Answer = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

const agent = new Agent({ keepAlive: true });

/** Sends the request byte for byte; no header is added but host, connection and the length. */
export function send(url: string, { method, path, headers = {}, body }: Outgoing): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const length =
    body === undefined || 'transfer-encoding' in headers ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const request = open({ hostname, port, method, path, headers: { ...length, ...headers }, agent });
    request.on('error', reject);
    request.on('response', (response) => void collect(response).then(resolve, reject));
    request.end(body);
  });
}

export function get(url: string, path: string): Promise<Answer> {
  return send(url, { method: 'GET', path });
}

export function post(url: string, path: string, body: object): Promise<Answer> {
  return send(url, {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

export function put(url: string, path: string, body: object): Promise<Answer> {
  return send(url, {
    method: 'PUT',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

// A stream of events has no end: how it begins is all that is waited for.
async function collect(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  // It would never end.
  if (headers['content-type'] === 'text/event-stream') {
    response.destroy();
    return { status, headers, body: '' };
  }
  const body = Buffer.concat(await response.toArray()).toString();
  return { status, headers, body };
}
