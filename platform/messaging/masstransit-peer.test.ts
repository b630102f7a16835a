import { randomInt } from 'node:crypto';
import {
  aVirtualHost,
  type MassTransitPeer,
  massTransitPeer,
  type PeerType,
  type Received,
  rabbitMqIsMissing,
  type VirtualHost,
} from '@ticketbuddy/testing';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventUrn, seatsUrn, userUrn } from './masstransit/test-recordings.ts';
import type { Message } from './message.ts';
import { type Codec, massTransitCodec } from './rabbitmq-codec.ts';
import { differencesOfAll } from './test-differences.ts';
import { senderAt, startOurs } from './test-our-process.ts';
import {
  anAnnouncement,
  anEventAndAUser,
  asPeerMessage,
  expectedInward,
  inwardMessages,
  outwardMessages,
  readInward,
} from './test-peer-exchange.ts';
import { bodyOf } from './test-peer-messages.ts';
import {
  comparableCopy,
  comparableFault,
  failingMessages,
  type SetAside,
  setAsideByPeer,
  setAsideByUs,
} from './test-set-aside.ts';
import { depthsOf, recordedTopology, topologiesOf } from './test-virtual-hosts.ts';

const peer = rabbitMqIsMissing() ? undefined : await massTransitPeer();

const count = 10_000;
const batch = 500;
// Another one in each run; it is told with the result.
const seed = randomInt(2 ** 31);
const bothTypes: readonly PeerType[] = ['EventUpserted', 'UserUpserted'];
const legacy = { mode: 'competing' } as const;
const legacyQueues = [
  { name: 'event', legacy, urns: [eventUrn, seatsUrn] },
  { name: 'user', legacy, urns: [userUrn] },
  { name: 'tickets-inbox-events', legacy, urns: [eventUrn] },
  { name: 'tickets-inbox-users', legacy, urns: [userUrn] },
];

describe.skipIf(peer === undefined)('between the real MassTransit and us', { timeout: 120_000 }, () => {
  const massTransit = peer as MassTransitPeer;

  it(`MassTransit reads ${count} messages of ours as we mean them, and sets none aside`, async () => {
    const sent = outwardMessages(count, seed);
    const host = await aVirtualHost();
    const received = await sendToMassTransit(
      host,
      sent.map(({ message }) => message),
    );
    const expected = sent.map((each) => each.expected);
    expectNoDifference('to MassTransit', differencesOfAll(expected, received));
    expect(await depthsOf(host)).toEqual({ event: 0 });
  });

  it('a price that we send as a number and a header that we lose are named as differences', async () => {
    const { message, expected } = anAnnouncement({ price: '25.50', version: 7 });
    const host = await aVirtualHost();
    const received = await sendToMassTransit(host, [message], careless(massTransitCodec(senderAt(host.url))));
    expect(differencesOfAll([expected], received)).toEqual([
      `${message.id}.headers.TicketBuddy-Version: expected 7, got nothing`,
      `${message.id}.message.price: expected "25.50", got "25.5"`,
    ]);
  });

  it(`we read ${count} messages of MassTransit as it means them, and park none`, async () => {
    const sent = inwardMessages(count, seed);
    const { url } = await aVirtualHost();
    const ours = await startOurs(url);
    onTestFinished(() => ours.stop());
    await ours.declare([{ name: 'tickets.events', urns: [eventUrn, userUrn] }]);
    const received = ours.receive('tickets.events', count);
    const ids = await massTransit.publish(
      url,
      sent.map((content) => ({ type: content.type, message: bodyOf(content) })),
    );
    const expected = sent.map((content, at) => expectedInward(content, ids[at] ?? ''));
    expectNoDifference('from MassTransit', differencesOfAll(expected, (await received).map(readInward)));
    expect(ours.parked).toEqual([]);
  });

  it('exchanges, queues and bindings are those of the legacy and all queues get a message, whoever starts first', async () => {
    const all = { 'tickets.events': 4, event: 2, user: 2 };
    const [first, second] = [await aVirtualHost(), await aVirtualHost()];
    expect(await startBoth(first, 'ours first')).toEqual(all);
    expect(await startBoth(second, 'theirs first')).toEqual(all);
    const [now = [], theirsFirst] = await topologiesOf(first, second);
    expect(now).toEqual(theirsFirst);
    // What a failed message needs is made when there is one.
    const recorded = recordedTopology().filter((line) => !/MassTransit:|_error|_skipped/.test(line));
    expect(now.filter((line) => !line.includes('tickets.events'))).toEqual(recorded);
  });

  describe('of a message that fails', () => {
    const failing = failingMessages();
    let hosts: readonly [VirtualHost, VirtualHost];
    let real: SetAside;
    let ours: SetAside;

    beforeAll(async () => {
      hosts = [await aVirtualHost(), await aVirtualHost()];
      [real, ours] = await Promise.all([
        setAsideByPeer(massTransit, hosts[0].url, failing),
        setAsideByUs(hosts[1].url, failing),
      ]);
    }, 120_000);

    it('the copy is where MassTransit puts it, with its headers', () => {
      expect(new Set(real.copies.map(({ exchange }) => exchange))).toEqual(new Set(['event_skipped', 'event_error']));
      expect(differencesOfAll(real.copies.map(comparableCopy), ours.copies.map(comparableCopy))).toEqual([]);
    });

    it('the Fault is the one that MassTransit tells', () => {
      expect(real.faults).not.toHaveLength(0);
      expect(differencesOfAll(real.faults.map(comparableFault), ours.faults.map(comparableFault))).toEqual([]);
    });

    it('it leaves the exchanges, queues and bindings that MassTransit leaves', async () => {
      const [theirs, now] = await topologiesOf(...hosts);
      expect(now).toContain('binding MassTransit:ReceiveFault > exchange MassTransit:Fault');
      expect(now).toEqual(theirs);
    });
  });

  async function sendToMassTransit(
    { url }: VirtualHost,
    messages: readonly Message[],
    codec?: Codec,
  ): Promise<readonly Received[]> {
    const receiving = await massTransit.consume({ url, queue: 'event', types: bothTypes, count: messages.length });
    const ours = await startOurs(url, codec && { codec });
    try {
      for (let from = 0; from < messages.length; from += batch) await ours.publish(messages.slice(from, from + batch));
      return await receiving.all();
    } finally {
      await Promise.all([receiving.stop(), ours.stop()]);
    }
  }

  /** Both on the queues of the legacy, and we on one of our own as well; each publishes an event and a user. */
  async function startBoth({ url }: VirtualHost, order: 'ours first' | 'theirs first') {
    const ours = await startOurs(url);
    const declare = () => ours.declare([...legacyQueues, { name: 'tickets.events', urns: [eventUrn, userUrn] }]);
    if (order === 'ours first') await declare();
    const [event, user] = await Promise.all([
      massTransit.consume({ url, queue: 'event', types: ['EventUpserted'], count: 2 }),
      massTransit.consume({ url, queue: 'user', types: ['UserUpserted'], count: 2 }),
    ]);
    if (order === 'theirs first') await declare();
    try {
      const own = ours.receive('tickets.events', 4);
      await massTransit.publish(url, anEventAndAUser().map(asPeerMessage));
      await ours.publish(anEventAndAUser());
      const [ofOurs, ofEvent, ofUser] = await Promise.all([own, event.all(), user.all()]);
      return { 'tickets.events': ofOurs.length, event: ofEvent.length, user: ofUser.length };
    } finally {
      await Promise.all([event.stop(), user.stop(), ours.stop()]);
    }
  }
});

function expectNoDifference(direction: string, differences: readonly string[]): void {
  const told = `${count.toLocaleString('en')} messages ${direction}: ${differences.length} differences (seed ${seed})`;
  process.stdout.write(`${told}\n`);
  expect(differences.slice(0, 20), told).toEqual([]);
}

/** Forgets the version and sends the price as a number. */
function careless(codec: Codec): Codec {
  return {
    ...codec,
    encode(message) {
      const body = message.body as { readonly price: string };
      return codec.encode({ ...message, version: undefined, body: { ...body, price: Number(body.price) } });
    },
  };
}
