import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

// The least that an edge on this stack has to do: the request as it is to one server, the answer as it is back.
const { UPSTREAM = '' } = process.env;
const pool = new Pool(UPSTREAM, { connections: 256, pipelining: 1 });

const server = createServer((request, response) => {
  const { method = 'GET', url = '/', headers } = request;
  const body = headers['content-length'] === undefined ? null : request;
  pool
    .stream({ method: method as 'GET', path: url, headers, body, opaque: response }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      return response;
    })
    .catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => {
  console.log(`Server listening at http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
