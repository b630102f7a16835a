import type { Finding } from '../check/check.ts';

const remedy = 'run npm run contracts';

/** Where the files in `contracts/schemas` differ from what the source generates. */
export function findDrift(generated: ReadonlyMap<string, string>, checkedIn: ReadonlyMap<string, string>): Finding[] {
  const extra = [...checkedIn.keys()].filter((file) => !generated.has(file));
  return [
    ...[...generated].flatMap(([file, text]) => judge(file, text, checkedIn.get(file))),
    ...extra.map((file) => ({ rule: 'drift-extra', file, message: `belongs to no artefact: ${remedy}` })),
  ];
}

function judge(file: string, generated: string, checkedIn: string | undefined): Finding[] {
  if (checkedIn === undefined) return [{ rule: 'drift-missing', file, message: `not written yet: ${remedy}` }];
  if (checkedIn === generated) return [];
  return [{ rule: 'drift-different', file, message: `differs from the source: ${remedy}` }];
}
