import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { testDatabase } from '@ticketbuddy/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aDataFolder, isAlive, serverProcesses } from './test-data-folder.ts';
import { anEmptyDatabase } from './test-database.ts';
import { aProcess } from './test-process.ts';
import { anEvent, announce, purchase, seatsOf, seatsOnceThere } from './test-sale.ts';
import { get, post } from './test-send.ts';

describe('a start that cannot succeed says why in one sentence and ends', () => {
  it('every wrong setting is named at once', async () => {
    const wrong = {
      HOST: 'two words',
      PORT: 'x',
      DATABASE_URL: 'mysql://root:secret@db/shop',
      DATABASE_CONNECTIONS: '0',
      TICKETBUDDY_SEED: 'maybe',
      MODULES: 'events,tills',
      LOG_LEVEL: 'loud',
    };
    const reasons = await refusal(wrong);
    expect(reasons.map((line) => line.split(':')[0])).toEqual(Object.keys(wrong));
    expect(reasons[1]).toBe('PORT: expected a port number, got "x"');
    expect(reasons.join()).not.toContain('secret');
  });

  it('the port is taken', async () => {
    const [port, dataFolder] = [await aTakenPort(), await aDataFolder()];
    expect(await refusal({ PORT: String(port), TICKETBUDDY_DATA: dataFolder })).toEqual([
      `PORT: ${port} is taken by another program on 127.0.0.1; choose another, such as PORT=${port + 1}.`,
    ]);
    expect(await serverProcesses(dataFolder)).toEqual([]);
  });

  it('the machine has no such address', async () => {
    const { url } = await testDatabase(1);
    expect(await refusal({ DATABASE_URL: url, HOST: '203.0.113.7' })).toEqual([
      'HOST: this machine has no address "203.0.113.7".',
    ]);
  });

  it.runIf(process.platform === 'linux')('there can be no such data folder', async () => {
    expect(await refusal({ TICKETBUDDY_DATA: '/proc/nope' })).toEqual([
      expect.stringMatching(/^The data folder \/proc\/nope cannot be used \(.*\): set TICKETBUDDY_DATA to /),
    ]);
  });

  it('another process has the data folder', async () => {
    const dataFolder = await aDataFolder();
    const first = aProcess({ TICKETBUDDY_DATA: dataFolder });
    await first.url;
    expect(await refusal({ TICKETBUDDY_DATA: dataFolder })).toEqual([
      `The data folder ${dataFolder} is in use by process ${first.pid}: stop that process, or set TICKETBUDDY_DATA to another folder.`,
    ]);
    expect((await get(await first.url, '/health')).body).toBe('Healthy');
  });

  it.each([
    ['nothing listens there', async () => 'postgres://shop@127.0.0.1:1/shop'],
    ['there is no such database', async () => `${(await testDatabase(1)).url}_of_nobody`],
    ['the password is wrong', async () => (await testDatabase(1)).url.replace(/:[^:@]+@/, ':wrong@')],
    [
      'it is no PostgreSQL',
      async () => `postgres://shop@127.0.0.1:${await aTakenPort('HTTP/1.1 400 Bad Request\r\n\r\n')}/shop`,
    ],
    ['it hangs up', async () => `postgres://shop@127.0.0.1:${await aTakenPort('')}/shop`],
  ])('the database cannot be reached: %s', async (_, address) => {
    const reasons = await refusal({ DATABASE_URL: await address() });
    expect(reasons).toEqual([
      expect.stringMatching(/^DATABASE_URL: the database \w+ at 127\.0\.0\.1:\d+ cannot be reached \([\w "-]+\)\.$/),
    ]);
    expect(reasons[0]).not.toMatch(/\(\w{5}\)/);
  });

  it('a migration that has run was edited', async () => {
    const { url, pool } = await testDatabase(1);
    await pool.query("update migrations.applied set checksum = 'of another text' where schema = 'events'");
    expect(await refusal({ DATABASE_URL: url })).toEqual([
      'The migration events/0001-events.sql was edited after it had run; restore it and add a new file instead.',
    ]);
  });
});

describe('a start', () => {
  it('does not race another one on a new database, neither in the tables nor in the demo data', async () => {
    const { url } = await anEmptyDatabase();
    const starts = [1, 2].map(() => aProcess({ DATABASE_URL: url, TICKETBUDDY_SEED: 'on' }));
    await Promise.all(starts.map((shop) => shop.said(/TicketBuddy is selling/)));
    for (const shop of starts) expect(JSON.parse((await get(await shop.url, '/events')).body)).toHaveLength(15);
  });

  it('after a kill -9 of the shop recovers by itself and has every sale', async () => {
    const dataFolder = await aDataFolder();
    const killed = aProcess({ TICKETBUDDY_DATA: dataFolder });
    const url = await killed.url;
    const eventId = await announce(url);
    const [seat] = await seatsOnceThere(url, eventId);
    await purchase(url, eventId, eventId, [seat?.Id ?? '']);
    await killed.end('SIGKILL');

    const next = aProcess({ TICKETBUDDY_DATA: dataFolder });
    const sold = (await seatsOf(await next.url, eventId)).filter(({ Purchased }) => Purchased);
    expect(sold).toEqual([{ ...seat, Purchased: true }]);
    const processes = await serverProcesses(dataFolder);
    expect(await next.end('SIGTERM')).toBe(0);
    expect(processes.filter(isAlive)).toEqual([]);
  });

  it('says at once that it waits for a RabbitMQ that does not answer, and where, and sells without it', async () => {
    const [{ url }, port] = [await testDatabase(1), await aTakenPort()];
    const shop = aProcess({ DATABASE_URL: url, AMQP_URL: `amqp://guest:secret@127.0.0.1:${port}` });
    await shop.said(new RegExp(`waiting for RabbitMQ at 127\\.0\\.0\\.1:${port};.* it is tried until it is there`));
    expect((await get(await shop.url, '/health')).body).toBe('Healthy');
    expect(shop.logged()).toMatch(/waiting for RabbitMQ.*Server listening/s);
    expect(shop.logged()).not.toContain('secret');
  });

  it('of some modules answers for no others', async () => {
    const { url } = await testDatabase(1);
    const users = await aProcess({ DATABASE_URL: url, MODULES: 'users' }).url;
    const selection = { userId: crypto.randomUUID(), ticketIds: [] };
    const answers = await Promise.all([
      get(users, '/users'),
      get(users, '/events'),
      post(users, '/events', anEvent()),
      get(users, `/events/${crypto.randomUUID()}/tickets`),
      post(users, `/events/${crypto.randomUUID()}/tickets/reserve`, selection),
    ]);
    expect(answers.map(({ status, body }) => [status, body])).toEqual([[200, '[]'], ...Array(4).fill([404, ''])]);
  });

  it.runIf(process.platform === 'linux')('listens at the address that HOST says, and at no other', async () => {
    const { url } = await testDatabase(1);
    const shop = await aProcess({ DATABASE_URL: url, HOST: '127.0.0.2' }).url;
    expect(new URL(shop).hostname).toBe('127.0.0.2');
    expect((await get(shop, '/health')).body).toBe('Healthy');
    await expect(get(shop.replace('127.0.0.2', '127.0.0.1'), '/health')).rejects.toThrow('ECONNREFUSED');
  });
});

/** What the start told its operator in the end, line by line; it must have ended by itself and without a stack trace. */
async function refusal(environment: Record<string, string>): Promise<string[]> {
  const start = aProcess(environment);
  expect(await start.ended).toBe(1);
  expect(start.told()).not.toMatch(/^ +at /m);
  const progress = /^ {2}.* …$/;
  return start
    .told()
    .trimEnd()
    .split('\n')
    .filter((line) => !progress.test(line));
}

/** A port where somebody listens, who answers nothing, or this. */
async function aTakenPort(answer?: string): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    if (answer !== undefined) socket.end(answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}
