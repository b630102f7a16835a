import type { Tap, TapOptions } from './tap.ts';

export type { Heard, Tap } from './tap.ts';

/** Reaches for RabbitMQ, and loads what that takes, when it is first used. */
export function createTap(options: TapOptions): Tap {
  let opened: Promise<Tap> | undefined;
  const open = () => (opened ??= import('./rabbitmq-tap.ts').then(({ openRabbitTap }) => openRabbitTap(options)));
  return {
    readers: async () => (await open()).readers(),
    read(reader) {
      const reading = open().then((tap) => tap.read(reader));
      return { stop: async () => (await reading).stop() };
    },
    mark: async (mark) => (await open()).mark(mark),
    remove: async () => (await open()).remove(),
    close: async () => (await opened)?.close(),
  };
}
