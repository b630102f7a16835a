import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Step } from './captures.ts';
import { runReplay } from './cli.ts';
import { type Plant, startRecordedServer } from './recorded-server.ts';
import { anId, aStory, asking, creating } from './stories.ts';

/** The command itself looks whether the system is empty, so a recording starts with the same questions. */
const emptyAtFirst = [
  asking('GET /users', { answer: { body: '[]' } }),
  asking('GET /events', { answer: { body: '[]' } }),
];
const user = [
  creating('users', anId(1)),
  asking(`PUT /users/${anId(1)}`, { name: 'the user', answer: { body: `{"FullName":"Ann","Id":"${anId(1)}"}` } }),
];

describe('the command', () => {
  it('ends with how many passed and failed, and exits with 0 when none failed', async () => {
    const { lines, code } = await runAgainstItself([...emptyAtFirst, ...user]);
    expect(lines.at(-1)).toBe('4 passed, 0 failed');
    expect(code).toBe(0);
  });

  it('tells the file, the name, the request and the place of what differs, and exits with 1', async () => {
    const broken: Plant = (answer) => ({ ...answer, body: answer.body.replace('Ann', 'Bob') });
    const { lines, code } = await runAgainstItself([...emptyAtFirst, ...user], [], broken);
    expect(lines.at(-1)).toBe('3 passed, 1 failed');
    expect(
      lines.filter((line) => /story\.json: the user|PUT \/users\/[\w-]{36}|\$\.FullName|"Ann"|"Bob"/.test(line)),
    ).toHaveLength(5);
    expect(code).toBe(1);
  });

  it('says before the last line what was skipped, and why', async () => {
    const skipped = [asking('GET /', { next: { skip: true } }), asking('GET /now', { volatile: true })];
    const { lines } = await runAgainstItself([...emptyAtFirst, ...skipped]);
    expect(lines.at(-2)).toBe('2 skipped: 1 depended on the clock of the recording; 1 not asked of the new system');
  });

  it('exits with 1 when nothing was replayed', async () => {
    const { lines, code } = await runAgainstItself([asking('GET /', { next: { skip: true } })]);
    expect(lines.at(-1)).toBe('0 passed, 0 failed');
    expect(code).toBe(1);
  });

  it('prints what passed only when asked to', async () => {
    const steps = [...emptyAtFirst, ...user];
    expect((await runAgainstItself(steps)).lines.filter((line) => line.includes('the user'))).toEqual([]);
    expect(
      (await runAgainstItself(steps, ['--verbose'])).lines.filter((line) => line.includes('the user')),
    ).toHaveLength(1);
  });

  it('refuses a system that is not empty', async () => {
    const taken = [asking('GET /users', { answer: { body: '[{"FullName":"Ann"}]' } })];
    const { errors, lines, code } = await runAgainstItself(taken);
    expect(errors).toMatch(
      /^http:\/\/\S+\/users is not empty, and each recording needs an empty system: --start gives it one\.$/,
    );
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
    expect(code).toBe(1);
  });

  it('refuses a system that does not answer', async () => {
    const { errors, code } = await run(['--captures', captured([...user]), '--target', 'http://127.0.0.1:1']);
    expect(errors).toMatch(/^http:\/\/127\.0\.0\.1:1 does not answer .*; --start starts a system\.$/);
    expect(code).toBe(1);
  });
});

describe('arguments', () => {
  it.each([
    [['--unknown'], "Unknown option '--unknown'; --help lists the options."],
    [['now'], "Unexpected argument 'now'; --help lists the options."],
    [['--as', 'v2'], '--as takes legacy or next, not "v2".'],
    [['--target', 'shop'], '--target takes an address that starts with http://, not "shop".'],
    [['--target', 'http://127.0.0.1', '--start'], '--start starts a system of its own, so it takes no --target.'],
    [['--captures', '/nowhere'], 'There is no /nowhere to read recordings from.'],
  ])('are refused in one sentence: %s', async (args, sentence) => {
    expect(await run(args)).toEqual({ code: 1, lines: [''], errors: sentence });
  });

  it('choose recordings by a part of their name', async () => {
    const { errors } = await run(['--captures', captured([]), '--only', 'users']);
    expect(errors).toMatch(/^No recording in .* has "users" in its name\.$/);
  });

  it('are explained', async () => {
    const { lines, code } = await run(['--help']);
    expect(lines.join('\n')).toContain('--captures PATH');
    expect(code).toBe(0);
  });
});

/** A server that plays along with the recording, and is asked twice at first whether it is empty. */
async function runAgainstItself(steps: readonly Step[], args: readonly string[] = [], plant?: Plant) {
  const { baseUrl, stop } = await startRecordedServer(aStory(...emptyOrNot(steps), ...steps), 'next', plant);
  onTestFinished(stop);
  return run(['--captures', captured(steps), '--target', baseUrl, ...args]);
}

function emptyOrNot([first]: readonly Step[]): Step[] {
  return first?.name === 'GET /users'
    ? emptyAtFirst.with(0, { ...emptyAtFirst[0], ...first } as (typeof emptyAtFirst)[0])
    : emptyAtFirst;
}

function captured(steps: readonly Step[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'replay-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'story.json'), JSON.stringify(steps));
  return folder;
}

async function run(args: readonly string[]) {
  const written: string[] = [];
  const errors: string[] = [];
  const terminal = {
    write: (text: string) => void written.push(text),
    writeError: (text: string) => void errors.push(text),
    isColoured: false,
    whenInterrupted: () => {},
  };
  const code = await runReplay(args, terminal, { next: 'nothing-to-start.ts', legacy: 'nothing-to-start.ts' });
  return { code, lines: written.join('').trimEnd().split('\n'), errors: errors.join('').trimEnd() };
}
