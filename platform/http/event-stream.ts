import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** Server-sent events for one client, for as long as both sides want. */
export type EventStream = {
  /** Sends whole events. A client that is a mebibyte behind loses the stream: it can come back. */
  write(events: Uint8Array | string): void;
  end(): void;
};

/** Is called when the client can be sent to; answers what to do when it is over, whoever ended it. */
export type Listening = (stream: EventStream) => () => void;

export const eventStreamType = 'text/event-stream';

const behindBytesMax = 1_048_576;

/** The streams of a server that are open: it could never stop without ending them. */
export class EventStreams {
  readonly #open = new Set<EventStream>();
  #isOver = false;

  /** The server stops. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes the response over, past Fastify. */
  open(reply: FastifyReply, listening: Listening): void {
    reply.hijack();
    const { request, raw: response } = reply;
    // A client that has gone meanwhile is not told of any more.
    if (response.destroyed) return;
    if (request.observed) request.observed.isStream = true;
    writeHead(response, reply.getHeaders() as OutgoingHttpHeaders);
    // The client of a HEAD would wait for an end that never comes.
    if (request.method === 'HEAD' || this.#isOver) return void response.end();
    const stream = streamOver(response);
    this.#open.add(stream);
    const ended = listening(stream);
    response.once('close', () => {
      this.#open.delete(stream);
      ended();
    });
  }

  /** Ends all, and any that is opened later. */
  endAll(): void {
    this.#isOver = true;
    for (const stream of this.#open) stream.end();
  }
}

// In no chunks, since the end of the connection is the end of the stream: half the work for each of a thousand clients.
function writeHead(response: ServerResponse, headers: OutgoingHttpHeaders): void {
  response.removeHeader('transfer-encoding');
  response.writeHead(200, {
    ...headers,
    'content-type': eventStreamType,
    'cache-control': 'no-store, no-transform',
    // Otherwise nginx would collect events before it passes them on.
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
}

// Whatever is not taken yet is lost with the stream: waiting for a client that takes nothing would hold up a stop.
function streamOver(response: ServerResponse): EventStream {
  return {
    write(events) {
      if (response.destroyed) return;
      response.write(events);
      if (response.writableLength > behindBytesMax) response.destroy();
    },
    end: () => void response.destroy(),
  };
}
