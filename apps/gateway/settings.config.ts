import { StartError } from '@ticketbuddy/errors';
import { type UnitName, unitNames } from './units.ts';

export type Settings = {
  readonly host: string;
  readonly port: number;
  readonly legacyUrl: string;
  readonly nextUrl: string;
  /** Of the new system: where the owners of the units stand. */
  readonly databaseUrl: string;
  /** What may change hands; all else is the legacy's. */
  readonly units: readonly UnitName[];
};

/** Reads the environment once. Throws one `StartError` that names every wrong setting, a line each. */
export function readSettings(environment: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const problems: string[] = [];
  const needed = (name: string, expected: string, isRight: (value: string) => boolean) => {
    const value = environment[name] ?? '';
    if (!isRight(value))
      problems.push(`${name}: expected ${expected}, got ${value === '' ? 'nothing' : 'something else'}`);
    return value;
  };
  const isHttp = (value: string) => URL.parse(value)?.protocol === 'http:';
  const port = Number(environment.PORT ?? 8080);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    problems.push(`PORT: expected a port number, got "${environment.PORT}"`);
  const units = (environment.UNITS || 'events').split(',').map((name) => name.trim());
  if (!units.every((name): name is UnitName => unitNames.includes(name as UnitName)))
    problems.push(`UNITS: expected some of ${unitNames.join(',')}, got "${environment.UNITS}"`);
  const settings = {
    host: environment.HOST || '127.0.0.1',
    port,
    legacyUrl: needed('LEGACY_URL', 'where the legacy answers, such as http://127.0.0.1:5000', isHttp),
    nextUrl: needed('NEXT_URL', 'where the new system answers, such as http://127.0.0.1:3000', isHttp),
    databaseUrl: needed('DATABASE_URL', 'the new database, postgres://…', (value) => /^postgres(ql)?:\/\//.test(value)),
    units: units as readonly UnitName[],
  };
  if (problems.length > 0) throw new StartError(problems.join('\n'));
  return settings;
}
