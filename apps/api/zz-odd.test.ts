import { it } from 'vitest';
import { startTestShop } from '/work/main/apps/api/test-shop.ts';
import { send } from '/work/main/apps/api/test-send.ts';
import { randomUUID } from 'node:crypto';
import net from 'node:net';
it('x', async () => {
  const shop = await startTestShop('one process');
  for (const id of ['1', '-1', 'null', '%00', '%', '%zz', '%ff', '%ED%A0%80', '%2F', '..', '.', '*', ':id', '{}', '%7B%7D', '\xe9', randomUUID().slice(1), `${randomUUID()}0`, `{${randomUUID()}`, 'x'.repeat(5_000), 'x'.repeat(40_000)]) {
    for (const [method, body] of [['GET'], ['PUT', '{}']]) {
      const a = await send(shop.url, { method, path: `/events/${id}`, headers: { 'content-type': 'application/json' }, body }).catch(e => e);
      console.log(method, id.slice(0, 50), a.status, a.body?.slice(0,60) ?? String(a), JSON.stringify(a.headers));
    }
  }
  const h = await send(shop.url, { method: 'HEAD', path: `/events/${randomUUID()}/tickets/reserve` });
  console.log('HEAD reserve', h);
  console.log('get list HEAD', await send(shop.url, { method: 'HEAD', path: `/events` }));
  await shop.stop();
});
