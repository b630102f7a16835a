/** Something a check refuses. `file` is relative to the root; `rule` is the name that a planted violation carries. */
export type Finding = {
  readonly rule: string;
  readonly file: string;
  readonly line?: number;
  readonly message: string;
};

/** What a check answers. It fails when it has findings; `saw` says how much it looked at, `skipped` what it could not. */
export type Verdict = {
  readonly saw: string;
  readonly findings: readonly Finding[];
  readonly skipped?: string;
};

export type Options = {
  /** The commit whose contracts the present ones must stay compatible with. */
  readonly since?: string;
};

export type Check = {
  readonly name: string;
  readonly about: string;
  run(root: string, options?: Options): Promise<Verdict>;
};

/** A checker that looked at nothing proves nothing, so it fails. */
export function sawNothing(what: string): Verdict {
  return { saw: 'nothing', findings: [{ rule: 'saw-nothing', file: '.', message: `no ${what} to check` }] };
}

/** The files that a tool should have looked at and did not: passing would mean nothing for them. */
export function unseen(expected: readonly string[], seen: ReadonlySet<string>, tool: string): Finding[] {
  return expected
    .filter((file) => !seen.has(file))
    .map((file) => ({ rule: 'unseen-file', file, message: `${tool} did not look at this file` }));
}
