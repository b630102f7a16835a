import type { Channel } from 'rabbitmq-client';

export type Acks = {
  /** The delivery may leave its queue: the server is told so at the end of the turn, with the others that are done. */
  done(deliveryTag: number): void;
  /** Tells it now. */
  flush(): void;
};

/**
 * Acknowledges what was delivered on a channel, all that is done up to the first one that is not in a single frame. What
 * is done behind that one is acknowledged by itself: it must not wait, or the prefetch would fill up with it.
 */
export function acksOf(channel: Pick<Channel, 'active' | 'basicAck'>): Acks {
  // Deliveries are numbered from 1. Up to `settled` all are acknowledged, and beyond it those in `alone`.
  let settled = 0;
  const alone = new Set<number>();
  const waiting = new Set<number>();
  let flushing: NodeJS.Immediate | undefined;

  return {
    done(deliveryTag) {
      waiting.add(deliveryTag);
      flushing ??= setImmediate(flush);
    },
    flush,
  };

  function flush(): void {
    clearImmediate(flushing);
    flushing = undefined;
    if (!channel.active) return;
    const last = settle();
    if (last !== undefined) channel.basicAck({ deliveryTag: last, multiple: true });
    for (const deliveryTag of waiting) {
      channel.basicAck({ deliveryTag });
      alone.add(deliveryTag);
    }
    waiting.clear();
  }

  /** The last of the unbroken run that the server does not know of: it refuses a number that it has been told already. */
  function settle(): number | undefined {
    let last: number | undefined;
    for (let next = settled + 1; ; next++) {
      if (waiting.delete(next)) last = next;
      else if (!alone.delete(next)) return last;
      settled = next;
    }
  }
}
