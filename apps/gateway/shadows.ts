import type { IncomingMessage } from 'node:http';
import type { Side } from '@ticketbuddy/cutover';
import {
  BodyKeeper,
  createShadow,
  createTally,
  openVersions,
  type Shadow,
  startDelivery,
  type Tally,
  type Versions,
} from '@ticketbuddy/shadow';
import { openUpstream } from '@ticketbuddy/shadow/upstream';
import { shadowOf, type Takeover } from '@ticketbuddy/takeover';
import type { GaugeSource } from '@ticketbuddy/telemetry';
import { countShadow, shadowGauges } from './figures.ts';
import type { Forwarding } from './forward.ts';
import type { Route } from './reads.ts';
import type { Shares } from './shares.ts';

/** One read that will be compared. */
export type Observed = Partial<Pick<Forwarding, 'onAnswer' | 'onPart'>> & {
  /** After the client was answered. */
  offer(): void;
};

export type Observing = {
  readonly unit: string;
  readonly route: Route;
  readonly owner: Side;
  /** Whom the client is answered by. */
  readonly side: Side;
  readonly request: IncomingMessage;
};

/** Compares reads of the owner with those of the other side, in whichever direction that is at the moment. */
export type Shadows = {
  /** To be called before anybody is asked; `undefined` when this read is not compared. Waits for nothing. */
  observe(observing: Observing): Observed | undefined;
  /** From now on comparing waits, for a moment, while clients wait. */
  heed(isIdle: () => boolean): void;
  readonly gauges: GaugeSource;
  stop(): Promise<void>;
};

export type ShadowsOptions = {
  readonly takeovers: Readonly<Record<string, Takeover>>;
  readonly urls: Readonly<Record<Side, string>>;
  readonly shares: Pick<Shares, 'shadowPercentOf'>;
  /** This gateway's own among all. */
  readonly name: string;
  readonly onError: (error: unknown) => void;
};

// An answer that is larger is counted as such, and not compared.
const bodyBytesMax = 1_048_576;

export function openShadows(options: ShadowsOptions): Shadows {
  let isIdle = () => true;
  const ways = new Map(
    Object.entries(options.takeovers).flatMap(([unit, takeover]) =>
      (['legacy', 'next'] as const).map((candidate) => [
        `${unit} ${candidate}`,
        openWay(takeover, candidate, options, () => isIdle()),
      ]),
    ),
  );
  return {
    observe(observing) {
      const { unit, owner, route } = observing;
      const percent = options.shares.shadowPercentOf(unit, route.of.endpoint);
      const way = percent > 0 ? ways.get(`${unit} ${owner === 'legacy' ? 'next' : 'legacy'}`) : undefined;
      if (!way) return undefined;
      if (Math.random() * 100 < percent) return observe(way, observing);
      way.tally.count(route.of.endpoint, 'received');
      way.tally.count(route.of.endpoint, 'sampled out');
      return undefined;
    },
    heed(next) {
      isIdle = next;
    },
    gauges: shadowGauges(() => [...ways].map(([way, { shadow }]) => ({ way, load: shadow.load }))),
    async stop() {
      await Promise.all([...ways.values()].map((way) => way.stop()));
    },
  };
}

type Way = {
  readonly shadow: Shadow;
  readonly versions: Versions;
  readonly tally: Tally;
  stop(): Promise<void>;
};

/** One direction: the side `candidate` against the other one. Nobody is asked anything before there is a read to compare. */
function openWay(
  takeover: Takeover,
  candidate: Side,
  { urls, name, onError }: ShadowsOptions,
  isIdle: () => boolean,
): Way {
  const { source, target, unit, place, rules } = shadowOf(takeover, candidate);
  const versions = openVersions({ source, target, place, unit });
  const tally = counting(
    createTally(() => Temporal.Now.instant()),
    `${takeover.plan.unit} ${candidate}`,
  );
  const control = openUpstream(urls[candidate === 'legacy' ? 'next' : 'legacy']);
  const asked = openUpstream(urls[candidate]);
  const budget = { bodyBytesMax };
  const shadow = createShadow({ control, candidate: asked, versions, rules, record: tally, budget, onError, isIdle });
  const delivery = startDelivery({ target, place, gateway: name, tally }, onError);
  const stop = async () => {
    await shadow.stop();
    await versions.stop();
    await delivery.stop().catch(onError);
    await Promise.all([control.close(), asked.close()]);
  };
  return { shadow, versions, tally, stop };
}

function counting(tally: Tally, way: string): Tally {
  const count: Tally['count'] = (endpoint, outcome, reason) => {
    countShadow({ way, endpoint, outcome });
    tally.count(endpoint, outcome, reason);
  };
  return { ...tally, count };
}

function observe({ shadow, versions }: Way, { route, owner, side, request }: Observing): Observed {
  const { method = 'GET', url: path = '/', headers } = request;
  const aggregates = route.of.aggregates[owner](route.id);
  const read = { endpoint: route.of.endpoint, method, path, headers, aggregates };
  // What the other side has told the client is no answer of the control, which is asked later then.
  if (side !== owner) {
    const answer = { status: 0, headers: {}, body: [] };
    return { offer: () => shadow.offer({ ...read, since: undefined, answer }) };
  }
  const since = versions.before();
  const body = new BodyKeeper(bodyBytesMax);
  let [status, answered]: [number, readonly string[]] = [0, []];
  return {
    onAnswer(told, raw) {
      [status, answered] = [told, raw];
    },
    onPart: (part) => body.add(part),
    offer: () => shadow.offer({ ...read, since, answer: { status, headers: byName(answered), body: body.body } }),
  };
}

function byName(raw: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (let nth = 0; nth < raw.length; nth += 2) {
    const [name, value] = [(raw[nth] as string).toLowerCase(), raw[nth + 1] as string];
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}
