// Writes each artefact of contracts/ to contracts/schemas/ as JSON Schema 2020-12, and removes what is no artefact any
// more. With --print the files go to the standard output instead, as one JSON object: `npm run check` compares them.
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { artefacts } from '@ticketbuddy/contracts';
import { readArguments } from './check/arguments.ts';
import { schemaFiles, schemaFolder } from './contracts/schema-files.ts';

const root = join(import.meta.dirname, '..');
const { print } = readArguments(
  { print: { type: 'boolean' } },
  `npm run contracts: writes ${schemaFolder}/ from the source; with -- --print only prints what it would write.`,
);
const files = schemaFiles(artefacts);

if (print) process.stdout.write(JSON.stringify(Object.fromEntries(files)));
else write();

function write(): void {
  for (const stale of globSync(`${schemaFolder}/**/*.json`, { cwd: root }))
    if (!files.has(stale)) rmSync(join(root, stale));
  for (const [file, text] of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  process.stdout.write(`${files.size} schemas in ${schemaFolder}/\n`);
}
