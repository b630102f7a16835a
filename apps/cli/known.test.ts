import { expect, it } from 'vitest';
import { known } from './known.ts';
import { everyModule } from './modules.ts';

it('settings may name all that the modules have, and nothing else', () => {
  expect(known.modules).toEqual(everyModule.map(({ name }) => name));
  expect(known.legacyQueues.toSorted()).toEqual(
    everyModule.flatMap(({ legacyConsumers }) => Object.keys(legacyConsumers)).toSorted(),
  );
});
