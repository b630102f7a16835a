import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A RabbitMQ within a RabbitMQ: nothing that happens in another one is seen in it. */
export type VirtualHost = {
  readonly name: string;
  readonly url: string;
  /** Runs a command of `rabbitmqctl` on this virtual host and answers what it printed. Each takes half a second. */
  ctl(command: string, ...args: readonly string[]): Promise<string>;
};

/** Where a virtual host is, and what `rabbitmqctl` has to know to find its server. */
export type Address = { readonly url: string; readonly environment: NodeJS.ProcessEnv };

/** As a virtual host it is the one that every server has. */
export type TestRabbitMq = VirtualHost & Address & { stop(): Promise<void> };

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
  const guard = guardAgainstOurEnd(folder, [node, mapper]);
  const stop = async () => {
    await endAll([guard, node, mapper]);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  await started(node).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const address = { url: `amqp://guest:guest@127.0.0.1:${ports.amqp}`, environment };
  return { ...address, ...virtualHostAt(address), stop };
}

/** The virtual host at an address, which another process may have told. */
export function virtualHostAt({ url, environment }: Address): VirtualHost {
  const name = new URL(url).pathname.slice(1) || '/';
  return { name, url, ctl: (command, ...args) => control(environment, [command, '-p', name, ...args]) };
}

/** Adds virtual hosts to a server: many at once cost hardly more than one. */
export async function addVirtualHosts(server: TestRabbitMq, names: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ticketbuddy-vhosts-'));
  const everything = { configure: '.*', write: '.*', read: '.*' };
  const definitions = {
    vhosts: names.map((name) => ({ name })),
    permissions: names.map((vhost) => ({ user: 'guest', vhost, ...everything })),
  };
  try {
    await writeFile(join(folder, 'definitions.json'), JSON.stringify(definitions));
    await server.ctl('import_definitions', join(folder, 'definitions.json'));
  } finally {
    await rm(folder, { recursive: true });
  }
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

/** Ends the processes and removes the folder when we are killed before we can do it: it hears the end of its input. */
function guardAgainstOurEnd(folder: string, processes: readonly ChildProcess[]): ChildProcess {
  const script = 'read -r _; kill -KILL "$@"; until rm -rf "$0"; do sleep 1; done';
  const pids = processes.map(({ pid }) => `${pid}`);
  // Detached, for what a terminal tells us to end, it would tell the guard too.
  const guard = spawn('/bin/sh', ['-c', script, folder, ...pids], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  (guard.stdin as Socket).unref();
  return guard;
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
