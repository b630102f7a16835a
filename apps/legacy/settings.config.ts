import { StartError } from '@ticketbuddy/errors';

export type Settings = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly amqpUrl: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment once. Throws one `StartError` that names every wrong or missing setting, a line each. */
export function readSettings(environment: Environment = process.env): Settings {
  const problems: string[] = [];
  const setting = (name: string, isRight: (value: string) => boolean, expected: string, fallback = ''): string => {
    const value = environment[name] || fallback;
    if (!isRight(value)) problems.push(`${name}: expected ${expected}, got ${value === '' ? 'nothing' : shown(value)}`);
    return value;
  };
  const settings = {
    host: setting('HOST', (value) => /^\S+$/.test(value), 'a host name or address', '127.0.0.1'),
    port: Number(setting('PORT', isPort, 'a port number', '3000')),
    databaseUrl: setting('LEGACY_DATABASE_URL', isUrl(/^postgres(ql)?:$/), 'a URL like postgres://user@host:5432/name'),
    redisUrl: setting('LEGACY_REDIS_URL', isUrl(/^rediss?:$/), 'a URL like redis://host:6379'),
    amqpUrl: setting('AMQP_URL', isUrl(/^amqps?:$/), 'a URL like amqp://user:password@host:5672/vhost'),
  };
  if (problems.length > 0) throw new StartError(problems.join('\n'));
  return settings;
}

function isPort(value: string): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) <= 65_535;
}

function isUrl(protocol: RegExp): (value: string) => boolean {
  return (value) => protocol.test(URL.parse(value)?.protocol ?? '');
}

function shown(value: string): string {
  return `"${value.replace(/\/\/[^@/]*@/, '//***@')}"`;
}
