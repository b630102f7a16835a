import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type TestRabbitMq = {
  readonly url: string;
  stop(): Promise<void>;
  /** Runs `rabbitmqctl` against this node and answers what it printed. */
  ctl(...args: readonly string[]): Promise<string>;
};

// Debian's own start script changes to the user rabbitmq and to its folders; the real ones work for any user.
const scripts = '/usr/lib/rabbitmq/bin';
const startMs = 60_000;

/** Whether this machine has no RabbitMQ. In CI that is an error: there the tests must not be skipped. */
export function rabbitMqIsMissing(): boolean {
  if (existsSync(join(scripts, 'rabbitmq-server'))) return false;
  if (process.env.CI)
    throw new Error('RabbitMQ is not installed (Debian: rabbitmq-server), and CI may not skip its tests');
  process.stderr.write(
    '\nSKIPPED: the tests of RabbitMQ, because rabbitmq-server is not installed on this machine\n\n',
  );
  return true;
}

/** A RabbitMQ of the caller's own on 127.0.0.1: its name, ports, folders and port mapper are shared with nobody. */
export async function startRabbitMq(): Promise<TestRabbitMq> {
  const folder = await mkdtemp(join(tmpdir(), 'ticketbuddy-rabbitmq-'));
  const ports = await freePorts();
  const environment = await nodeEnvironment(folder, ports);
  const mapper = await startChild('epmd', ['-port', `${ports.mapper}`, '-address', '127.0.0.1'], environment);
  const node = await startChild(join(scripts, 'rabbitmq-server'), [], environment);
  const stop = async () => {
    await endAll([node, mapper]);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  await started(node).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url: `amqp://guest:guest@127.0.0.1:${ports.amqp}`, stop, ctl: (...args) => control(environment, args) };
}

type Ports = { readonly amqp: number; readonly distribution: number; readonly mapper: number };

async function freePorts(): Promise<Ports> {
  const servers = [createServer(), createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(async (server) => {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return (server.address() as { port: number }).port;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  const [amqp = 0, distribution = 0, mapper = 0] = ports;
  return { amqp, distribution, mapper };
}

async function nodeEnvironment(folder: string, ports: Ports): Promise<NodeJS.ProcessEnv> {
  const at = (name: string) => join(folder, name);
  await mkdir(at('home'));
  await writeFile(at('home/.erlang.cookie'), randomBytes(20).toString('hex'), { mode: 0o400 });
  await writeFile(at('plugins'), '[].\n');
  await writeFile(
    at('rabbitmq.conf'),
    `listeners.tcp.1 = 127.0.0.1:${ports.amqp}\nraft.wal_max_size_bytes = 16000000\n`,
  );
  return {
    PATH: process.env.PATH,
    HOME: at('home'),
    RABBITMQ_NODENAME: `ticketbuddy-${process.pid}-${randomBytes(4).toString('hex')}@localhost`,
    RABBITMQ_CONF_ENV_FILE: at('none'),
    RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
    RABBITMQ_MNESIA_BASE: at('data'),
    RABBITMQ_LOG_BASE: at('log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('plugins'),
    RABBITMQ_DIST_PORT: `${ports.distribution}`,
    RABBITMQ_CTL_DIST_PORT_MIN: '0',
    RABBITMQ_CTL_DIST_PORT_MAX: '0',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_PORT: `${ports.mapper}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // The script then becomes the server itself, so that the process that is ended is the server and not a shell.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
}

async function startChild(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  await once(child, 'spawn');
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  return child;
}

/** Resolves when the node says that it takes connections. */
async function started(node: ChildProcess): Promise<void> {
  let said = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const hear = (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes('completed with')) resolve();
  };
  node.stdout?.on('data', hear);
  node.stderr?.on('data', hear);
  node.once('exit', () => reject(new Error(`RabbitMQ ended instead of starting:\n${said}`)));
  const late = setTimeout(() => reject(new Error(`RabbitMQ did not start in ${startMs} ms:\n${said}`)), startMs);
  await promise.finally(() => clearTimeout(late));
}

async function control(env: NodeJS.ProcessEnv, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(join(scripts, 'rabbitmqctl'), ['--quiet', ...args], { env });
  return stdout;
}

async function endAll(children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
