// As the shop's: what was compiled once need not be again. Plain JavaScript, so that this holds for all of it.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

module.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url)));
await import('./main.ts');
