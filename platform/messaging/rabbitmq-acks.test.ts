import fc from 'fast-check';
import { expect, it } from 'vitest';
import { acksOf } from './rabbitmq-acks.ts';

it('whatever the order in which messages are done, the server is told of each once, and of no other', () => {
  const deliveries = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 30, size: 'large' });
  fc.assert(
    fc.property(deliveries, fc.array(fc.integer({ min: 1, max: 9 })), (done, pieces) => {
      const server = aServer();
      const acks = acksOf(server.channel);
      for (let from = 0, nth = 0; from < done.length; nth++) {
        const piece = done.slice(from, from + (pieces[nth] ?? 1));
        for (const deliveryTag of piece) acks.done(deliveryTag);
        acks.flush();
        from += piece.length;
        expect(server.acknowledged()).toEqual(done.slice(0, from).toSorted((one, other) => one - other));
      }
    }),
  );
});

it('a run of messages that are done is acknowledged in one frame', () => {
  const server = aServer();
  const acks = acksOf(server.channel);
  for (const deliveryTag of [2, 1, 3, 5]) acks.done(deliveryTag);
  acks.flush();
  expect(server.frames).toEqual([{ deliveryTag: 3, multiple: true }, { deliveryTag: 5 }]);
});

type Frame = { readonly deliveryTag: number; readonly multiple?: boolean };

/** As RabbitMQ counts: a number that is not open any more closes the channel. */
function aServer() {
  const open = new Set(Array.from({ length: 30 }, (_, nth) => nth + 1));
  const frames: Frame[] = [];
  const channel = {
    active: true,
    basicAck(frame: Frame) {
      if (!open.has(frame.deliveryTag)) throw new Error(`unknown delivery tag ${frame.deliveryTag}`);
      frames.push(frame);
      for (const tag of open)
        if (tag === frame.deliveryTag || (frame.multiple && tag < frame.deliveryTag)) open.delete(tag);
    },
  };
  const acknowledged = () => Array.from({ length: 30 }, (_, nth) => nth + 1).filter((tag) => !open.has(tag));
  return { channel, frames, acknowledged };
}
