import { randomUUID } from 'node:crypto';
import type { MassTransitPeer } from '@ticketbuddy/testing';
import { eventUrn, failures, headerTypes, published, typeOf } from './masstransit/test-recordings.ts';
import { shapeOf } from './masstransit/test-shape.ts';
import { startOurs } from './test-our-process.ts';
import { openTap, type Sent, type Taken } from './test-virtual-hosts.ts';

/** What became of messages that were sent to a queue `event`: the copies set aside, and the Faults told. */
export type SetAside = { readonly copies: readonly Taken[]; readonly faults: readonly Taken[] };

/** By what became of it where the legacy was recorded. */
export type Failing = {
  readonly name: string;
  readonly becomes: 'consumed in vain' | 'unread' | 'skipped';
  readonly sent: Sent & { readonly messageId: string };
};

// What a header says has to be the same here; of the others, the name and the type.
const sameHeaders = ['MT-Reason', 'MT-Fault-InputAddress', 'MT-Fault-MessageType', 'MT-Fault-RetryCount'];
// How many causes an error has is its own affair.
const exceptionList = /"exceptions": \[.*?\n {4}\],\n/s;
const endless = 1_000;
const whatFailed = 'The peer was told to fail';

/** A message that can be read, and what the recorded legacy could not read or did not know. */
export function failingMessages(): readonly Failing[] {
  const readable = published.find((message) => typeOf(message) === eventUrn.replace('urn:message:', ''));
  const unread = failures.flatMap(({ name, sent, landedIn }) => {
    const [queue, [copy] = []] = Object.entries(landedIn)[0] ?? [];
    const becomes = queue === 'event_skipped' ? 'skipped' : 'unread';
    const wasConsumed = copy === undefined || 'MT-Fault-ConsumerType' in copy.properties.headers;
    // A venue as a name is refused by MassTransit's reader and by our consumer: there the headers differ.
    if (name.includes('venue as a name')) return [];
    return wasConsumed || sent.exchange !== 'event' ? [] : [aFailing(name, becomes, sent)];
  });
  return [...unread, aFailing('a message on which the consumer fails', 'consumed in vain', readable)];
}

/** Lets the real MassTransit consume them. Its consumer throws. */
export async function setAsideByPeer(peer: MassTransitPeer, url: string, failing: readonly Failing[]) {
  return setAsideBy(url, failing, () => peer.fault({ url, queue: 'event', types: ['EventUpserted'], count: endless }));
}

/** Lets a process of ours consume them. Its handler throws. */
export async function setAsideByUs(url: string, failing: readonly Failing[]): Promise<SetAside> {
  return setAsideBy(url, failing, async () => {
    const ours = await startOurs(url);
    await ours.declare([{ name: 'event', urns: [eventUrn], legacy: { mode: 'competing' } }]);
    ours.consume('event', () => Promise.reject(new Error(whatFailed)));
    return ours;
  });
}

/** A copy by what has to be the same, whoever set it aside. */
export function comparableCopy({ headers, messageId = '', ...copy }: Taken) {
  const values = sameHeaders.map((name) => [name, headers[name]]);
  return { messageId, ...copy, headers: headerTypes(headers), values: Object.fromEntries(values) };
}

/** A Fault by what has to be the same, whoever tells it; told apart by the message it is about. */
export function comparableFault({ headers, messageId, contentType, exchange, body }: Taken) {
  const envelope = JSON.parse(body);
  const { message: fault, conversationId, sourceAddress, destinationAddress, messageType } = envelope;
  const { faultedMessageId, faultMessageTypes, message } = fault;
  return {
    messageId: String(faultedMessageId),
    hasIdOfEnvelope: messageId === envelope.messageId,
    exceptions: fault.exceptions.map(withoutCauses),
    // What could not be read belongs to no conversation.
    conversationId: message === undefined ? undefined : conversationId,
    headers: headerTypes(headers),
    headersOfEnvelope: envelope.headers,
    shape: shapeOf(body.replace(exceptionList, '')).split('\n'),
    ...{ exchange, contentType, sourceAddress, destinationAddress, messageType, faultMessageTypes, message },
    contentTypeOfFaulted: fault.contentType,
  };
}

function withoutCauses(exception: Readonly<Record<string, unknown>>) {
  return Object.entries(exception).map(([name, value]) => [name, name === 'innerException' ? '' : typeof value]);
}

function aFailing(name: string, becomes: Failing['becomes'], sent: unknown): Failing {
  const { body, properties } = sent as { body: string; properties: { contentType?: string; messageId?: string } };
  const { contentType, messageId = randomUUID() } = properties;
  return { name, becomes, sent: { messageId, body, ...(contentType !== undefined && { contentType }) } };
}

async function setAsideBy(
  url: string,
  failing: readonly Failing[],
  start: () => Promise<{ stop(): Promise<void> }>,
): Promise<SetAside> {
  const tap = openTap(url);
  await tap.gather('MassTransit:Fault', 'faults');
  const consumer = await start();
  try {
    for (const { sent } of failing) await tap.send('event', sent);
    const skipped = failing.filter(({ becomes }) => becomes === 'skipped').length;
    const take = async (queue: string, count: number) => (await tap.take(queue, count)).map(atNoHost(url));
    const copies = [
      ...(await take('event_skipped', skipped)),
      ...(await take('event_error', failing.length - skipped)),
    ];
    return { copies, faults: await take('faults', failing.length - skipped) };
  } finally {
    await consumer.stop();
    await tap.close();
  }
}

/** The same as on every virtual host. */
function atNoHost(url: string): (taken: Taken) => Taken {
  const host = `${new URL(url).pathname}/`;
  return (taken) => JSON.parse(JSON.stringify(taken).replaceAll(host, '/…/'));
}
