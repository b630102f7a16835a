#!/usr/bin/env node
// Plain JavaScript, because a Node that cannot read TypeScript says so in words that help nobody.
const oldest = 26;

if (Number.parseInt(process.versions.node, 10) < oldest) {
  process.stderr.write(
    `TicketBuddy runs on Node ${oldest} or newer, and this is ${process.version}: start it as \`npx ticketbuddy\`, or install Node ${oldest} from nodejs.org.\n`,
  );
  process.exitCode = 1;
} else {
  await import('./ticketbuddy.ts');
}
