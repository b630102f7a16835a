import { closedLoop } from './closed-loop.ts';
import type { Running } from './processes.ts';
import { holdShot, purchaseShot } from './selling-requests.ts';
import { openHouse } from './selling-stock.ts';
import { allAnswered, type World } from './selling-world.ts';

/** Tells the bare server what the shop answers to a hold and to a purchase, so that its answers are as long. */
export async function teachCeiling({ ceiling, shop }: Pick<World, 'ceiling' | 'shop'>): Promise<void> {
  const eventId = await openHouse(shop, 100);
  const held = await ask(shop.urls, holdShot({ eventId, first: 1 }));
  const hold = shop.records.held(held.about, held.body);
  const bought = await ask(shop.urls, purchaseShot(hold));
  shop.records.sold(hold, bought.body);
  await teach(ceiling, 'hold', held.body);
  await teach(ceiling, 'order', bought.body);
}

/** What it will answer from then on, as JSON. */
export async function teach({ url }: Running, answer: 'hold' | 'order' | 'seat-status', json: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(`${url}/answers/${answer}`, { method: 'PUT', headers, body: json });
  if (status !== 200) throw new Error(`the bare server did not take ${json}`);
}

async function ask<T>(urls: readonly string[], shot: { readonly request: string; readonly about: T }) {
  let next: typeof shot | undefined = shot;
  const done = await closedLoop({
    urls,
    connections: 1,
    seconds: 60,
    next: () => {
      const asked = next;
      next = undefined;
      return asked;
    },
  });
  const [exchange] = allAnswered(201, done.exchanges);
  if (!exchange) throw new Error('the shop did not answer');
  return exchange;
}
