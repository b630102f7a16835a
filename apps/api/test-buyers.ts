import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { anEvent, type Ticket } from './test-sale.ts';
import { type Answer, type Outgoing, send } from './test-send.ts';

export type Sale = { readonly seatId: string; readonly ownerId: string };

/** People who announce events and buy their seats, one after the other, until they are told to stop. */
export type Buyers = {
  /** The purchases that were answered with 204. */
  readonly acknowledged: readonly Sale[];
  /** How often the shop asked to come back later. */
  readonly postponed: () => number;
  /** How often the shop could not say whether it had done what was asked. */
  readonly undecided: () => number;
  /** Answers that a client could not make sense of. */
  readonly strange: readonly string[];
  stop(): Promise<void>;
};

const backOffMs = 20;

export function sendBuyers(url: string, count: number): Buyers {
  const acknowledged: Sale[] = [];
  const strange: string[] = [];
  let [postponed, undecided, stopped] = [0, 0, false];
  const working = Promise.all(Array.from({ length: count }, buyEventsOut));
  return {
    acknowledged,
    strange,
    postponed: () => postponed,
    undecided: () => undecided,
    async stop() {
      stopped = true;
      await working;
    },
  };

  async function buyEventsOut(): Promise<void> {
    while (!stopped) {
      const { status, body } = await ask('POST', '/events', anEvent());
      if (status === 201) await buyOut(JSON.parse(body));
    }
  }

  async function buyOut(eventId: string): Promise<void> {
    let seats: Ticket[] = [];
    while (seats.length === 0 && !stopped) {
      const answer = await ask('GET', `/events/${eventId}/tickets`);
      if (answer.status === 200) seats = JSON.parse(answer.body);
    }
    for (const { Id } of seats) if (!stopped) await buy(eventId, { seatId: Id, ownerId: randomUUID() });
  }

  async function buy(eventId: string, sale: Sale): Promise<void> {
    const selection = { userId: sale.ownerId, ticketIds: [sale.seatId] };
    await ask('POST', `/events/${eventId}/tickets/reserve`, selection);
    const { status } = await ask('POST', `/events/${eventId}/tickets/purchase`, selection);
    if (status === 204) acknowledged.push(sale);
  }

  /** Asks again while the shop says that it will pass. */
  async function ask(method: string, path: string, body?: object): Promise<Answer> {
    for (;;) {
      const answer = await once(method, path, body);
      if (answer.status !== 503 || stopped) return answer;
      postponed += 1;
      await pause(backOffMs);
    }
  }

  async function once(method: string, path: string, body: object | undefined): Promise<Answer> {
    const answer = await send(url, outgoing(method, path, body)).catch((error: Error) => noAnswer(error));
    if (answer.status === 500) undecided += 1;
    else if (!isExpected(answer)) strange.push(`${method} ${path}: ${answer.status} ${answer.body}`);
    return answer;
  }
}

export function outgoing(method: string, path: string, body?: object): Outgoing {
  if (body === undefined) return { method, path };
  return { method, path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function noAnswer({ message }: Error): Answer {
  return { status: 0, headers: {}, body: message };
}

function isExpected(answer: Answer): boolean {
  return answer.status === 503 ? saysComeBack(answer) : [200, 201, 204, 400].includes(answer.status);
}

/** A 503 as a client of the legacy understands it: its 500, and when to try again. */
export function saysComeBack({ status, headers, body }: Answer): boolean {
  return (
    status === 503 &&
    body === '{"Message":"An unexpected error occurred.","Errors":[]}' &&
    headers['retry-after'] === '1' &&
    headers['content-type'] === undefined &&
    headers['cache-control'] === 'no-cache,no-store'
  );
}
