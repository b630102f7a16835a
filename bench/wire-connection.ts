import { connect, type Socket } from 'node:net';

/** `status` and the text of the body; what is not ASCII in it comes out as Latin-1. */
export type Answered = (status: number, body: string) => void;

const endOfHead = Buffer.from('\r\n\r\n');
const nothing = Buffer.alloc(0);
const readBytes = 65_536;

/**
 * HTTP/1.1 on one connection that is kept, a request after the other. It is a generator of load on the processors of
 * what it measures, so it does the least: requests are ready text, and of an answer it reads the status, the length and
 * the body. It knows answers with a Content-Length and those without a body, which is all that is measured here.
 */
export class WireConnection {
  readonly #socket: Socket;
  #answered: Answered | undefined;
  #failed: (error: Error) => void;
  #received: Buffer = nothing;
  readonly #dropBodies: boolean;

  private constructor(socket: Socket, failed: (error: Error) => void, dropBodies: boolean) {
    this.#socket = socket;
    this.#failed = failed;
    this.#dropBodies = dropBodies;
  }

  /** `failed` is called once, when the connection ends before `close`. Bodies that are dropped come out empty. */
  static open(url: string, failed: (error: Error) => void, dropBodies = false): Promise<WireConnection> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const buffer = Buffer.allocUnsafe(readBytes);
      const socket = connect({
        host: hostname,
        port: Number(port),
        noDelay: true,
        onread: { buffer, callback: (count) => connection.#receive(buffer.subarray(0, count)) },
      });
      const connection = new WireConnection(socket, failed, dropBodies);
      socket.once('connect', () => resolve(connection));
      socket.once('error', (error) => {
        reject(error);
        connection.#fail(error);
      });
      socket.once('close', () => connection.#fail(new Error('the server closed the connection')));
    });
  }

  /** One at a time: not before the last one was answered. */
  send(request: string, answered: Answered): void {
    this.#answered = answered;
    this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#failed = () => undefined;
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    this.#failed(error);
    this.#failed = () => undefined;
  }

  // The buffer is filled anew by the next read.
  #receive(piece: Buffer): boolean {
    const received = this.#received.length === 0 ? piece : Buffer.concat([this.#received, piece]);
    const answer = readAnswer(received, this.#dropBodies);
    if (answer === undefined) {
      this.#received = received === piece ? Buffer.from(piece) : received;
      return true;
    }
    this.#received = nothing;
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(answer.status, answer.body);
    return true;
  }
}

type Answer = { readonly status: number; readonly body: string };

function readAnswer(received: Buffer, dropBody: boolean): Answer | undefined {
  const bodyAt = received.indexOf(endOfHead) + endOfHead.length;
  if (bodyAt < endOfHead.length) return undefined;
  const head = received.toString('latin1', 0, bodyAt);
  const status = Number(head.slice(9, 12));
  const end = bodyAt + (status === 204 || status === 304 ? 0 : lengthIn(head));
  if (received.length < end) return undefined;
  return { status, body: dropBody ? '' : received.toString('latin1', bodyAt, end) };
}

function lengthIn(head: string): number {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer has no Content-Length:\n${head}`);
  return Number(length);
}

/** The text of a request with a JSON body, in ASCII, as it goes out. `headers` are lines, each with its end. */
export function post(path: string, body: string, headers = ''): string {
  const type = `content-type: application/json\r\ncontent-length: ${body.length}\r\n`;
  return `POST ${path} HTTP/1.1\r\nhost: shop\r\n${headers}${type}\r\n${body}`;
}

/** The text of a request without a body. */
export function bare(method: 'GET' | 'DELETE', path: string, headers = ''): string {
  return `${method} ${path} HTTP/1.1\r\nhost: shop\r\n${headers}\r\n`;
}
