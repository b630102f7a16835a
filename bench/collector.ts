import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// Takes what it is sent, and looks at none of it.
const server = createServer((request, response) => request.resume().once('end', () => response.end('{}')));
server.listen(0, '127.0.0.1', () => {
  console.log(`Server listening at http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
