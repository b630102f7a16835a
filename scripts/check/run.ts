import { execFile } from 'node:child_process';
import { join } from 'node:path';

export type Run = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a JavaScript or TypeScript file of the tree with this very Node, in `root`. Rejects only when it cannot start. */
export function runNode(root: string, script: string, args: readonly string[]): Promise<Run> {
  return run(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, script), ...args], root);
}

export function run(program: string, args: readonly string[], cwd: string): Promise<Run> {
  const options = { cwd, maxBuffer: 2 ** 30, env: plainEnvironment() };
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

// Colours would end up in what is parsed; a git hook's GIT_DIR would point a copy of the tree back at the original.
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(GIT_.*|FORCE_COLOR|NODE_OPTIONS)$/.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}
