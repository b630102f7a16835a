#!/usr/bin/env node
import { run } from './program.ts';
import { openTerminal } from './terminal.ts';

const interruption = new AbortController();
const terminal = openTerminal(process.stdout, process.stderr, interruption.signal, process.stdin);
const interrupted = 130;

// Once: finish what is running, then stop. Twice: stop now.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(interrupted);
    interruption.abort();
    terminal.status('Finishing what is running (again: stop at once)');
  });
}

// Whoever reads the output, such as `head`, may have had enough of it.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit();
  terminal.complain(`The output cannot be written (${code ?? message}).`);
  process.exit(1);
});

const exitCode = await run(process.argv.slice(2), terminal);
process.stdout.write('', (error) => {
  if (!error) process.exit(interruption.signal.aborted ? interrupted : exitCode);
});
