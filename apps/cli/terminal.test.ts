import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';
import { anOutput } from './test-cli.ts';

const { signal } = new AbortController();

test('what goes on is shown in one line that is gone once there is an answer', () => {
  const err = anOutput({ isTTY: true, columns: 40 });
  const terminal = openTerminal(anOutput(), err, signal);
  terminal.status('Looking');
  terminal.status('Still looking');
  terminal.print('found');
  expect(err.written()).toBe('  Looking …\r\u001b[2K  Still looking …\r\u001b[2K');
});

test('a line that is wider than the terminal is cut, since what wraps cannot be wiped', () => {
  const err = anOutput({ isTTY: true, columns: 10 });
  openTerminal(anOutput(), err, signal).status('Looking everywhere');
  expect(err.written()).toBe('  Looking');
});

test('a file is not told what goes on', () => {
  const err = anOutput();
  openTerminal(anOutput(), err, signal).status('Looking');
  expect(err.written()).toBe('');
});

test('a terminal with colours gets them', () => {
  const [out, err] = [
    anOutput({ isTTY: true, hasColors: () => true }),
    anOutput({ isTTY: true, hasColors: () => true }),
  ];
  const terminal = openTerminal(out, err, signal);
  terminal.complain('broken');
  expect([err.written(), terminal.colors.green('fine')]).toEqual([
    '\u001b[31mbroken\u001b[39m\n',
    '\u001b[32mfine\u001b[39m',
  ]);
});

test('a terminal without colours, as under NO_COLOR, gets none', () => {
  const err = anOutput({ isTTY: true, hasColors: () => false });
  openTerminal(anOutput(), err, signal).complain('broken');
  expect(err.written()).toBe('broken\n');
});

test.each([
  ['y\n', true],
  [' Yes \n', true],
  ['\n', false],
  ['no\n', false],
  ['', false],
])('to a question %j is %s', async (said, isYes) => {
  const [err, input] = [anOutput({ isTTY: true }), Object.assign(new PassThrough(), { isTTY: true })];
  const answer = openTerminal(anOutput(), err, signal, input).ask('Delete it?');
  input.end(said);
  expect([await answer, err.written()]).toEqual([isYes, 'Delete it? [y/N] ']);
});

test('who gives a command from a file is not asked', () => {
  const terminal = openTerminal(anOutput(), anOutput({ isTTY: true }), signal, new PassThrough());
  expect(terminal.ask('Delete it?')).toBe(undefined);
});

test('Ctrl-C ends a question without an answer', async () => {
  const interruption = new AbortController();
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const answer = openTerminal(anOutput(), anOutput({ isTTY: true }), interruption.signal, input).ask('Delete it?');
  interruption.abort();
  await expect(answer).rejects.toThrow('aborted');
});
