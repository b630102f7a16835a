import type { IncomingMessage } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { ClientGone, TooLarge } from './failures.ts';

// So much is read before the owner is asked, so that no client who sends slowly holds up a switch or takes somebody's room.
const wholeBytesMax = 65_536;

/**
 * The body as it is to be sent on: whole when it is small, else a stream that fails with `TooLarge` beyond `bytesMax`; `null` when
 * there is none. Throws `TooLarge` when it says so itself, and `ClientGone` when it breaks off.
 */
export async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<Buffer | Readable | null> {
  const { headers } = request;
  if (headers['transfer-encoding'] !== undefined) return wholeIfSmall(request, bytesMax);
  const length = Number(headers['content-length'] ?? 0);
  if (length > bytesMax) throw new TooLarge(`${length} bytes`);
  if (length > wholeBytesMax) return bounded(request, bytesMax);
  return length > 0 ? wholeIfSmall(request, bytesMax) : null;
}

/** Of a larger body the rest is read while the owner gets it. */
function wholeIfSmall(request: IncomingMessage, bytesMax: number): Promise<Buffer | Readable> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | Readable>();
  const parts: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer) => {
    parts.push(part);
    bytes += part.length;
    if (bytes <= Math.min(wholeBytesMax, bytesMax)) return;
    request.off('data', take).pause().unshift(Buffer.concat(parts));
    resolve(bounded(request, bytesMax));
  };
  request.on('data', take);
  request.on('end', () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)));
  request.on('error', () => reject(new ClientGone('the client broke off its request')));
  return promise;
}

/** What is not sent on is read and dropped: to close on a client that is still sending would make it lose its answer. */
function bounded(request: IncomingMessage, bytesMax: number): Readable {
  let bytes = 0;
  const counted = new Transform({
    transform(part: Buffer, _encoding, done) {
      bytes += part.length;
      if (bytes > bytesMax) done(new TooLarge(`more than ${bytesMax} bytes`));
      else done(null, part);
    },
  });
  counted.on('error', () => undefined);
  counted.on('close', () => request.unpipe(counted).resume());
  request.on('error', () => counted.destroy(new ClientGone('the client broke off its request')));
  return request.pipe(counted);
}
