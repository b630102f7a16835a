import { stripVTControlCharacters } from 'node:util';
import { readConfig } from '@ticketbuddy/config';
import { expect, it } from 'vitest';
import { known } from './modules.ts';
import { panel } from './panel.ts';

it.each([
  ['events', ['15 events at 10 venues'], ['/events']],
  ['users,tickets', ['4 users, one event with 2 seats left'], ['/users', '/tickets']],
  [
    'events,users,tickets',
    ['15 events at 10 venues, 4 users, one event with 2 seats left'],
    ['/events', '/users', '/tickets'],
  ],
])(
  'a process that runs %s tells of what it has, and of nothing to try that it does not answer',
  (modules, data, paths) => {
    const shop = { url: 'http://127.0.0.1:3000', seeded: 0, stop: async () => undefined };
    const said = stripVTControlCharacters(panel(readConfig(known, { MODULES: modules }), shop, 1));
    const tried = [...said.matchAll(/curl .*:3000\S*(\/\w+)/g)].map(([, path]) => path);
    expect([said.match(/Demo data +(.*)/)?.slice(1), tried]).toEqual([data, paths]);
  },
);
