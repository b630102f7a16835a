import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

/** Sends these pieces over a connection of its own and answers everything that came until the shop closed it. */
export async function exchange(url: string, pieces: Iterable<string>): Promise<string> {
  const socket = dial(url);
  const answer = text(socket);
  for (const piece of pieces) if (!socket.write(piece)) await drained(socket);
  return answer;
}

export function dial(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname);
}

// A shop that has heard enough may close; then nothing drains any more.
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', () => resolve());
  });
}
