// The one to choose first among those that a client likes as much.
const codings = ['br', 'gzip', 'identity'] as const;

export type Coding = (typeof codings)[number];

const headersKnownMax = 200;
const known = new Map<string, Coding>();

/**
 * In which coding to answer a request with this `Accept-Encoding`: the one with the greatest weight, and plain when none
 * is welcome or nothing is said.
 */
export function codingFor(acceptEncoding: string | undefined): Coding {
  if (acceptEncoding === undefined) return 'identity';
  const before = known.get(acceptEncoding);
  if (before) return before;
  const coding = choose(acceptEncoding);
  // Clients say the same all the time; who says ever new things must not fill the memory.
  if (known.size < headersKnownMax) known.set(acceptEncoding, coding);
  return coding;
}

function choose(acceptEncoding: string): Coding {
  const weights = new Map(acceptEncoding.split(',').map(weighed));
  const others = weights.get('*');
  const weightOf = (coding: Coding) => weights.get(coding) ?? others ?? (coding === 'identity' ? 0.0001 : 0);
  const [best = 'identity'] = codings.toSorted((one, other) => weightOf(other) - weightOf(one));
  return weightOf(best) > 0 ? best : 'identity';
}

function weighed(item: string): [name: string, weight: number] {
  const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const plain = name === 'x-gzip' ? 'gzip' : name;
  return [plain, weight === undefined ? 1 : Math.min(1, Number(weight) || 0)];
}
