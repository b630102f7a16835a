import { randomUUID } from 'node:crypto';
import {
  connectTo,
  type OpenExchange,
  openExchange,
  openLine,
  rabbitMqIsMissing,
  startRabbitMq,
  type TestRabbitMq,
  until,
} from '@ticketbuddy/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createTap } from './create-tap.ts';
import type { Heard, Tap, TapReader } from './tap.ts';

const type = 'Tests.Tap:Told';

describe.skipIf(rabbitMqIsMissing())('a tap', () => {
  let [server, exchange] = [] as unknown as [TestRabbitMq, OpenExchange];
  beforeAll(async () => {
    server = await startRabbitMq();
    exchange = await openExchange(server.url, type);
  });
  afterAll(async () => {
    await exchange?.close();
    await server?.stop();
  });

  test('hears what is published from its beginning on, in order, and a mark behind all of it', async () => {
    const { tap, publish } = aTap();
    await publish('before');
    const ear = listen(tap);
    await until('it has begun', async () => ear.begun === 1);
    for (const what of ['one', 'two', 'three']) await publish(what);
    await tap.mark('here');
    await publish('after');
    await until('all is heard', async () => ear.heard.includes('after'));
    expect(ear.heard).toEqual(['one', 'two', 'three', 'mark here', 'after']);
  });

  test('goes on where it was when it is read again, and has everything that was told meanwhile', async () => {
    const { tap, publish } = aTap();
    const first = listen(tap);
    await until('it has begun', async () => first.begun === 1);
    await first.stop();
    await publish('meanwhile');
    const again = listen(tap, { hasBegun: async () => true });
    await until('it is heard', async () => again.heard.includes('meanwhile'));
    expect(again.begun).toBe(0);
  });

  test('begins anew when its queue was deleted, or was too full to hold everything', async () => {
    const { tap, publish } = aTap({ lengthMax: 3 });
    const ear = listen(tap, { hasBegun: async () => true });
    await until('it has begun', async () => ear.begun === 1);
    await tap.remove();
    await until('it has begun again', async () => ear.begun === 2);
    await ear.stop();
    for (const what of ['one', 'two', 'three', 'four']) await publish(what);
    const late = listen(tap, { hasBegun: async () => true });
    await until('it is heard', async () => late.heard.includes('four'));
    expect([late.begun, late.heard]).toEqual([1, ['two', 'three', 'four']]);
  });

  test('begins again when it was ended before it had begun', async () => {
    const { tap } = aTap();
    const ended = listen(tap, {
      async begin(make) {
        await make();
        throw new Error('ended');
      },
    });
    await until('the queue is there', async () => (await tap.readers()) === 0 && ended.errors.length > 0);
    await ended.stop();
    const again = listen(tap);
    await until('it has begun', async () => again.begun === 1);
  });

  test('hears again what its reader could not take', async () => {
    const { tap, publish } = aTap();
    let failures = 1;
    const ear = listen(tap, {
      heard: async () => {
        if (failures-- > 0) throw new Error('not now');
      },
    });
    await until('it has begun', async () => ear.begun === 1);
    await publish('one');
    await until('it is taken', async () => ear.heard.includes('one'));
    expect([ear.heard, ear.errors.length]).toEqual([['one'], 1]);
  });

  test('hears nothing of what nobody can read, and all that comes behind it', async () => {
    const { tap, publish } = aTap();
    const ear = listen(tap);
    await until('it has begun', async () => ear.begun === 1);
    const another = JSON.stringify({ messageType: ['urn:message:Another'], message: { what: 'another' } });
    for (const body of ['no JSON', '{}', another, JSON.stringify({ messageType: 'x', message: 1 })])
      await exchange.publish(body);
    await publish('one');
    await until('it is heard', async () => ear.heard.includes('one'));
    expect([ear.heard, ear.errors]).toEqual([['one'], []]);
  });

  test('hears on when its line was cut', async () => {
    const line = await openLine(server.url);
    const { tap, publish } = aTap({ url: line.url });
    const ear = listen(tap, { hasBegun: async () => ear.begun > 0 });
    await until('it has begun', async () => ear.begun === 1);
    await line.cut();
    await publish('meanwhile');
    const again = await openLine(server.url, Number(new URL(line.url).port));
    onTestFinished(() => tap.close().finally(() => again.cut()));
    await until('it is heard', async () => ear.heard.includes('meanwhile'));
    expect(ear.begun).toBe(1);
  });

  test('hears on when its channel ended just as the server let it read', async () => {
    const { tap, publish } = aTap();
    await endNextConsuming(server.url);
    const ear = listen(tap);
    await until('it has begun', async () => ear.begun === 1);
    await publish('one');
    await until('it is heard', async () => ear.heard.includes('one'), 15_000);
  });

  test('says in a sentence that there is no server, and whether anybody reads', async () => {
    const away = createTap({ url: 'amqp://guest:guest@127.0.0.1:1', queue: 'none', urns: [] });
    onTestFinished(() => away.close());
    await expect(away.readers()).rejects.toThrow('AMQP_URL: RabbitMQ at 127.0.0.1:1 cannot be reached');
    const { tap } = aTap();
    expect(await tap.readers()).toBeUndefined();
    await expect(tap.mark('nowhere')).rejects.toThrow('No queue received');
    const ear = listen(tap);
    await until('it is read', async () => (await tap.readers()) === 1);
    await ear.stop();
    expect(await tap.readers()).toBe(0);
    await tap.remove();
    expect(await tap.readers()).toBeUndefined();
  });

  function aTap(options: { readonly lengthMax?: number; readonly url?: string } = {}) {
    const tap = createTap({ url: server.url, queue: randomUUID(), urns: [`urn:message:${type}`], ...options });
    const publish = (what: string) => exchange.publish(envelopeOf(what));
    onTestFinished(() => tap.close());
    return { tap, publish };
  }
});

/** The next channel on which anybody consumes ends before he can listen for its end. */
async function endNextConsuming(url: string): Promise<void> {
  const connection = connectTo(url);
  const channel = await connection.acquire();
  const all: typeof channel = Object.getPrototypeOf(channel);
  await channel.close();
  await connection.close();
  const consume = all.basicConsume;
  const consuming = vi.spyOn(all, 'basicConsume');
  onTestFinished(() => consuming.mockRestore());
  consuming.mockImplementationOnce(async function (this: typeof channel, ...given: Parameters<typeof consume>) {
    const consumed = await consume.apply(this, given);
    await this.close();
    return consumed;
  });
}

/** Reads until the test has finished, or it is stopped. */
function listen(tap: Tap, reader: Partial<TapReader> = {}) {
  const ear = { heard: [] as string[], begun: 0, errors: [] as unknown[] };
  let stopped: Promise<void> | undefined;
  const reading = tap.read({
    hasBegun: async () => ear.begun > 0,
    onError: (error) => void ear.errors.push(error),
    ...reader,
    async begin(make) {
      await (reader.begin ?? ((made) => made()))(make);
      ear.begun += 1;
    },
    async heard(heard) {
      await reader.heard?.(heard);
      ear.heard.push(...heard.map(textOf));
    },
  });
  const stop = () => (stopped ??= reading.stop());
  onTestFinished(stop);
  return Object.assign(ear, { stop });
}

function textOf(heard: Heard): string {
  return 'mark' in heard ? `mark ${heard.mark}` : (heard.body as { readonly what: string }).what;
}

function envelopeOf(what: string): string {
  const [messageId, sentTime] = [randomUUID(), Temporal.Now.instant().toString()];
  return JSON.stringify({ messageId, messageType: [`urn:message:${type}`], message: { what }, sentTime });
}
