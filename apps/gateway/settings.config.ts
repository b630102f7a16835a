import { StartError } from '@ticketbuddy/errors';
import { type Limits, usualLimits } from './limits.ts';
import { type UnitName, unitNames } from './units.ts';

export type Settings = {
  readonly host: string;
  readonly port: number;
  /** Where it tells how it is. Unset: nowhere. */
  readonly adminPort: number | undefined;
  readonly legacyUrl: string;
  readonly nextUrl: string;
  /** Of the new system: where the owners of the units stand. */
  readonly databaseUrl: string;
  /** Without it the owner answers all reads, and none is compared. */
  readonly legacyDatabaseUrl: string | undefined;
  /** Of the reads, how many are compared, until somebody says otherwise. */
  readonly shadowPercent: number;
  /** What may change hands; all else is the legacy's. */
  readonly units: readonly UnitName[];
  readonly limits: Limits;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment once. Throws one `StartError` that names every wrong setting, a line each. */
export function readSettings(environment: Environment = process.env): Settings {
  const problems: string[] = [];
  const read = readerOf(environment, problems);
  const settings = {
    host: environment.HOST || '127.0.0.1',
    port: read.number('PORT', 8_080, [0, 65_535], 'a port number'),
    adminPort: environment.ADMIN_PORT ? read.number('ADMIN_PORT', 0, [0, 65_535], 'a port number') : undefined,
    legacyUrl: read.text('LEGACY_URL', 'where the legacy answers, such as http://127.0.0.1:5000', isHttp),
    nextUrl: read.text('NEXT_URL', 'where the new system answers, such as http://127.0.0.1:3000', isHttp),
    databaseUrl: read.text('DATABASE_URL', 'the new database, postgres://…', isPostgres),
    legacyDatabaseUrl: environment.LEGACY_DATABASE_URL
      ? read.text('LEGACY_DATABASE_URL', "the legacy's database, postgres://…", isPostgres)
      : undefined,
    shadowPercent: read.number('SHADOW_PERCENT', 0, [0, 100], 'a number from 0 to 100'),
    units: readUnits(environment, problems),
    limits: readLimits(read),
  };
  if (settings.shadowPercent > 0 && settings.legacyDatabaseUrl === undefined)
    problems.push(
      "SHADOW_PERCENT: expected LEGACY_DATABASE_URL to be set too, since both sides' data have to be looked at",
    );
  if (problems.length > 0) throw new StartError(problems.join('\n'));
  return settings;
}

type Reading = ReturnType<typeof readerOf>;

function readLimits({ number }: Reading): Limits {
  const count = (name: string, usual: number) => number(name, usual, [1, 100_000]);
  const ms = (name: string, usual: number) => number(name, usual, [1, 600_000], 'a number of ms from 1 to 600000');
  return {
    inFlightMax: count('UPSTREAM_IN_FLIGHT_MAX', usualLimits.inFlightMax),
    queueMax: number('UPSTREAM_QUEUE_MAX', usualLimits.queueMax, [0, 100_000]),
    queueMs: ms('UPSTREAM_QUEUE_MS', usualLimits.queueMs),
    failuresMax: count('BREAKER_FAILURES_MAX', usualLimits.failuresMax),
    restMs: ms('BREAKER_REST_MS', usualLimits.restMs),
    connectMs: ms('UPSTREAM_CONNECT_MS', usualLimits.connectMs),
    headersMs: ms('UPSTREAM_HEADERS_MS', usualLimits.headersMs),
    bodyIdleMs: ms('UPSTREAM_BODY_IDLE_MS', usualLimits.bodyIdleMs),
    headerBytesMax: number('HEADER_BYTES_MAX', usualLimits.headerBytesMax, [1_024, 1_048_576]),
    bodyBytesMax: number('BODY_BYTES_MAX', usualLimits.bodyBytesMax, [0, 1_073_741_824]),
    stopMs: ms('STOP_MS', usualLimits.stopMs),
  };
}

/** What is empty counts as unset; what is wrong is told as a problem, without a URL's password. */
function readerOf(environment: Environment, problems: string[]) {
  return {
    text(name: string, expected: string, isRight: (value: string) => boolean): string {
      const value = environment[name] ?? '';
      if (!isRight(value))
        problems.push(`${name}: expected ${expected}, got ${value === '' ? 'nothing' : 'something else'}`);
      return value;
    },
    number(name: string, usual: number, [least, most]: readonly [number, number], expected?: string): number {
      const text = environment[name] || `${usual}`;
      const isRight = /^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= most;
      const what = expected ?? `a whole number from ${least} to ${most}`;
      if (!isRight) problems.push(`${name}: expected ${what}, got "${text}"`);
      return isRight ? Number(text) : usual;
    },
  };
}

function readUnits(environment: Environment, problems: string[]): readonly UnitName[] {
  const units = (environment.UNITS || 'events').split(',').map((name) => name.trim());
  if (!units.every((name) => unitNames.includes(name as UnitName)))
    problems.push(`UNITS: expected some of ${unitNames.join(',')}, got "${environment.UNITS}"`);
  return units as readonly UnitName[];
}

function isHttp(value: string): boolean {
  return URL.parse(value)?.protocol === 'http:';
}

function isPostgres(value: string): boolean {
  const url = URL.parse(value);
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) return false;
  return (url.hostname !== '' || url.searchParams.has('host')) && url.pathname.length > 1;
}
