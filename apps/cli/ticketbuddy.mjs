#!/usr/bin/env node
// Plain JavaScript, because a Node that cannot read TypeScript says so in words that help nobody.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const oldest = 26;

if (Number.parseInt(process.versions.node, 10) < oldest) {
  process.stderr.write(
    `TicketBuddy runs on Node ${oldest} or newer, and this is ${process.version}: start it as \`npx ticketbuddy\`, or install Node ${oldest} from nodejs.org.\n`,
  );
  process.exitCode = 1;
} else {
  // The shop's: what it has compiled need not be compiled again.
  module.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url)));
  await import('./ticketbuddy.ts');
}
