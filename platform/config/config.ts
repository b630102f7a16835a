import { resolve } from 'node:path';
import { StartError } from '@ticketbuddy/errors';

export type Config = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Unset: the embedded server. */
  readonly databaseUrl: string | undefined;
  readonly databaseConnections: number;
  /** Of the system that is taken over. */
  readonly legacyDatabaseUrl: string | undefined;
  /** Unset: the embedded broker, in PostgreSQL. */
  readonly amqpUrl: string | undefined;
  /** By their names: the queues of the legacy from which messages are taken, and how. */
  readonly legacyQueues: Readonly<Record<string, LegacyMode>>;
  /** Absolute path of the folder that holds everything an embedded part keeps. */
  readonly dataFolder: string;
  readonly seed: boolean;
  readonly modules: readonly string[];
  readonly logLevel: string;
  /** What the modules let be set, by their names. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly tracing: {
    /** The base address of a collector that takes OTLP over HTTP. Unset: no traces. */
    readonly endpoint: string | undefined;
    /** How many of the traces that begin here are recorded, from 0 to 1. */
    readonly sampleRatio: number;
    readonly serviceName: string;
  };
};

/** What the modules of the product add to the settings. */
export type Known = {
  readonly modules: readonly string[];
  readonly legacyQueues: readonly string[];
  readonly numbers?: Readonly<Record<string, NumberSetting>>;
};

/** A setting that is a whole number. */
export type NumberSetting = { readonly default: number; readonly least: number; readonly most: number };

type LegacyMode = 'alone' | 'competing';
type Environment = Readonly<Record<string, string | undefined>>;
type Check<T> = (value: string) => T | Problem;
type Problem = { readonly expected: string };

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/**
 * Reads the environment once. Throws one `StartError` that names every wrong setting, a line each:
 * `PORT: expected a port number, got "x"`. An empty value counts as unset.
 */
export function readConfig(known: Known, environment: Environment = process.env): Config {
  const problems: string[] = [];
  const setting = <T>(name: string, fallback: T, check: Check<T>): T => {
    const value = environment[name];
    if (value === undefined || value === '') return fallback;
    const checked = check(value);
    if (!isProblem(checked)) return checked;
    problems.push(`${name}: expected ${checked.expected}, got "${/URL|ENDPOINT/.test(name) ? redact(value) : value}"`);
    return fallback;
  };
  const config = {
    host: setting('HOST', '127.0.0.1', oneWord),
    port: setting('PORT', 3000, portNumber),
    databaseUrl: setting<string | undefined>('DATABASE_URL', undefined, postgresUrl),
    databaseConnections: setting('DATABASE_CONNECTIONS', 16, connectionCount),
    legacyDatabaseUrl: setting<string | undefined>('LEGACY_DATABASE_URL', undefined, postgresUrl),
    amqpUrl: setting<string | undefined>('AMQP_URL', undefined, rabbitUrl),
    legacyQueues: setting<Config['legacyQueues']>('LEGACY_QUEUES', {}, legacyModes(known.legacyQueues)),
    dataFolder: resolve(setting('TICKETBUDDY_DATA', '.ticketbuddy', (value) => value)),
    seed: setting('TICKETBUDDY_SEED', true, onOrOff),
    modules: setting('MODULES', known.modules, someOf(known.modules)),
    logLevel: setting('LOG_LEVEL', 'info', oneOf(logLevels)),
    numbers: Object.fromEntries(
      Object.entries(known.numbers ?? {}).map(([name, one]) => [name, setting(name, one.default, wholeNumber(one))]),
    ),
    tracing: {
      endpoint: setting<string | undefined>('OTEL_EXPORTER_OTLP_ENDPOINT', undefined, httpUrl),
      sampleRatio: setting('OTEL_TRACES_SAMPLER_ARG', 0.1, ratio),
      serviceName: setting('OTEL_SERVICE_NAME', 'ticketbuddy', (value) => value),
    },
  };
  if (!environment.AMQP_URL && Object.keys(config.legacyQueues).length > 0)
    problems.push('LEGACY_QUEUES: expected AMQP_URL to be set too, since these queues are in RabbitMQ');
  if (problems.length > 0) throw new StartError(problems.join('\n'));
  return config;
}

const portNumber: Check<number> = (value) =>
  /^\d{1,5}$/.test(value) && Number(value) <= 65535 ? Number(value) : { expected: 'a port number' };

const connectionCount: Check<number> = (value) =>
  // The relays and consumers keep some while they wait for others: with fewer they would wait for ever.
  /^\d{1,4}$/.test(value) && Number(value) >= 8 ? Number(value) : { expected: 'a number of connections, at least 8' };

const oneWord: Check<string> = (value) => (/\s/.test(value) ? { expected: 'a host name or address' } : value);

const onOrOff: Check<boolean> = (value) =>
  value === 'on' || value === 'off' ? value === 'on' : { expected: 'on or off' };

const postgresUrl: Check<string> = (value) =>
  namesDatabase(URL.parse(value)) ? value : { expected: 'a URL like postgres://user@host:5432/name' };

// Its client would take what is missing from elsewhere, or from the name of the account.
function namesDatabase(url: URL | null): boolean {
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) return false;
  return (url.hostname !== '' || url.searchParams.has('host')) && url.pathname.length > 1;
}

const rabbitUrl: Check<string> = (value) =>
  /^amqps?:$/.test(URL.parse(value)?.protocol ?? '')
    ? value
    : { expected: 'a URL like amqp://user:password@host:5672/vhost' };

const httpUrl: Check<string> = (value) =>
  /^https?:$/.test(URL.parse(value)?.protocol ?? '') ? value : { expected: 'a URL like http://host:4318' };

const ratio: Check<number> = (value) =>
  /^\d*\.?\d+$/.test(value) && Number(value) <= 1 ? Number(value) : { expected: 'a number from 0 to 1' };

function wholeNumber({ least, most }: NumberSetting): Check<number> {
  return (value) => {
    const isWithin = /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most;
    return isWithin ? Number(value) : { expected: `a whole number from ${least} to ${most}` };
  };
}

function oneOf(allowed: readonly string[]): Check<string> {
  return (value) => (allowed.includes(value) ? value : { expected: `one of ${allowed.join(', ')}` });
}

function someOf(allowed: readonly string[]): Check<readonly string[]> {
  return (value) => {
    const chosen = [...new Set(value.split(',').map((name) => name.trim()))];
    return chosen.every((name) => allowed.includes(name)) ? chosen : { expected: `some of ${allowed.join(',')}` };
  };
}

function legacyModes(allowed: readonly string[]): Check<Config['legacyQueues']> {
  const expected = `queue=alone or queue=competing, of the queues ${allowed.join(', ')}, each once, with commas between them`;
  return (value) => {
    const pairs = value.split(',').map((pair) => pair.trim().split('='));
    const modes = Object.fromEntries(pairs);
    const isKnown = pairs.every(
      ([name = '', mode, ...more]) => allowed.includes(name) && isMode(mode) && more.length === 0,
    );
    return isKnown && Object.keys(modes).length === pairs.length ? modes : { expected };
  };
}

function isMode(text: string | undefined): text is LegacyMode {
  return text === 'alone' || text === 'competing';
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'expected' in value;
}

function redact(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//***@');
}
