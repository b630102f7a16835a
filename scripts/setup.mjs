// Runs on whatever Node is there (20 and later), before anything is installed: plain JavaScript, nothing imported
// from node_modules. Installs what the lock file says, only when it changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const stamp = join(root, 'node_modules', '.installed');
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  install();
  writeFileSync(stamp, lock);
}
requireNode26();

function install() {
  process.stderr.write('Installing what package-lock.json says; this takes about a minute the first time …\n');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  // Not `npm ci`: it demands the entries of every other platform's optional packages, which a registry may lack.
  const npm = spawnSync('npm', ['install', '--no-save', ...quiet], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) stop(`npm install failed (exit code ${npm.status}). Is the package registry reachable?`);
}

// node_modules/.bin/node, an optional dependency, comes first on the PATH of every npm script.
function requireNode26() {
  const node = spawnSync('node', ['--version'], { encoding: 'utf8' });
  const major = Number(/^v(\d+)/.exec(node.stdout ?? '')?.[1] ?? 0);
  if (major < 26)
    stop(`TicketBuddy runs on Node 26 or newer; this is ${node.stdout?.trim() || 'none'}. Install it from nodejs.org.`);
}

function stop(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
