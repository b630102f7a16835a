import type { RecordedAnswer, Step, Story } from './captures.ts';
import { hyphenatedIdsIn, idsIn, NIL_ID, replaceIds, WRITTEN_ID } from './ids.ts';

/**
 * Which id of the replayed server stands for which recorded one. Only ids that the recorded server made are ever bound:
 * what a recorded client thought up is sent, and expected, as it is.
 */
export type Bindings = {
  readonly serverMade: ReadonlySet<string>;
  readonly clientMade: ReadonlySet<string>;
  readonly targets: Map<string, string>;
};

export function createBindings(story: Story): Bindings {
  const serverMade = new Set<string>();
  const clientMade = new Set([NIL_ID]);
  for (const step of story.steps) {
    for (const id of sentIds(step)) if (!serverMade.has(id)) clientMade.add(id);
    for (const id of givenIds(step)) if (!clientMade.has(id)) serverMade.add(id);
  }
  return { serverMade, clientMade, targets: new Map() };
}

/** For an attempt that may turn out not to match: its bindings count only when they are adopted. */
export function copyBindings(bindings: Bindings): Bindings {
  return { ...bindings, targets: new Map(bindings.targets) };
}

/** The recorded text as it is for the replayed server; ids not bound yet stay as recorded. */
export function substitute(bindings: Bindings, recorded: string): string {
  return replaceIds(recorded, (id) => bindings.targets.get(id));
}

/** Whether the server gave the recorded text. Ids seen for the first time are bound to what stands in their place. */
export function meet(bindings: Bindings, recorded: string, got: string): boolean {
  const expected = substitute(bindings, recorded);
  if (expected === got) return true;
  const places = openPlaces(bindings, expected);
  const found = places.length > 0 ? patternOf(expected, places).exec(got) : null;
  return found !== null && places.every((id, at) => bind(bindings, id, found[at + 1] ?? ''));
}

/** Fails when the id is none of the server's own: one that the client made up, or that stands for another already. */
export function bind(bindings: Bindings, recorded: string, target: string): boolean {
  const bound = bindings.targets.get(recorded);
  if (bound !== undefined) return bound === target;
  if (bindings.clientMade.has(target) || [...bindings.targets.values()].includes(target)) return false;
  if (bindings.serverMade.has(recorded)) bindings.targets.set(recorded, target);
  return true;
}

/** The recorded text for a reader: bound ids as the server's, the others as what is expected in their place. */
export function describe(bindings: Bindings, recorded: string): string {
  const expected = substitute(bindings, recorded);
  return openPlaces(bindings, expected).reduce((text, id) => text.replace(id, '<a new id>'), expected);
}

function sentIds({ request }: Step): string[] {
  if (!request) return [];
  const texts = [request.path, ...Object.values(request.headers), request.body ?? '', request.bodyStart ?? ''];
  return texts.flatMap(idsIn);
}

function givenIds({ define, response, next }: Step): string[] {
  return [...Object.values(define ?? {}).flat(), ...answerTexts(response), ...answerTexts(next)].flatMap(
    hyphenatedIdsIn,
  );
}

function answerTexts(answer: Partial<RecordedAnswer> | undefined): string[] {
  return [answer?.headers?.location ?? '', answer?.body ?? ''];
}

function openPlaces({ serverMade, targets }: Bindings, text: string): string[] {
  return hyphenatedIdsIn(text).filter((id) => serverMade.has(id) && !targets.has(id) && text.includes(id));
}

/** An id that stands twice gets two groups: `bind` sees to it that both hold the same. */
function patternOf(text: string, places: readonly string[]): RegExp {
  const parts = text.split(new RegExp(`(${places.join('|')})`));
  return new RegExp(`^${parts.map((part, at) => (at % 2 === 1 ? `(${WRITTEN_ID})` : RegExp.escape(part))).join('')}$`);
}
