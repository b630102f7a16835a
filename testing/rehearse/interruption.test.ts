import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { endWhenInterrupted } from './interruption.ts';

test.each(['SIGINT', 'SIGTERM'])('%s ends the process after all has ended', async (signal) => {
  const { process, exits, ended, ends } = aProcess();
  process.emit(signal);
  expect([ends(), exits]).toEqual([1, []]);
  ended.resolve();
  await ended.promise;
  expect(exits).toEqual([130]);
});

test('while all is being ended somebody still listens, so that nobody else ends the process', () => {
  const { process } = aProcess();
  process.emit('SIGINT');
  expect(process.listenerCount('SIGINT')).toBe(1);
});

test('a Ctrl-C that npm hands on as well is one', () => {
  const { process, exits, ends, wait } = aProcess();
  process.emit('SIGINT');
  wait(40);
  process.emit('SIGINT');
  expect([ends(), exits]).toEqual([1, []]);
});

test('who presses Ctrl-C again waits no longer', () => {
  const { process, exits, ends, wait } = aProcess();
  process.emit('SIGINT');
  wait(1_500);
  process.emit('SIGINT');
  expect([ends(), exits]).toEqual([1, [130]]);
});

function aProcess() {
  const [exits, ended]: [number[], PromiseWithResolvers<void>] = [[], Promise.withResolvers()];
  const process = Object.assign(new EventEmitter(), { exit: (code: number) => exits.push(code) });
  let [now, ends] = [0, 0];
  endWhenInterrupted(
    process,
    () => now,
    () => {
      ends += 1;
      return ended.promise;
    },
  );
  const wait = (ms: number) => {
    now += ms;
  };
  return { process, exits, ended, ends: () => ends, wait };
}
