import { counter, type GaugeSource, gauge, histogram } from '@ticketbuddy/telemetry';
import type { FailureName } from './failures.ts';
import type { Upstream } from './upstream.ts';

export type Kind = 'read' | 'write';

export type Passed = { readonly unit: string; readonly side: string; readonly kind: Kind };

const requests = counter(
  'ticketbuddy_gateway_requests_total',
  'Requests, by unit, by the side that they went to, and by how they ended: a class of status, or why nobody answered.',
);

const added = histogram(
  'ticketbuddy_gateway_added_seconds',
  'From the arrival of a request to its being sent on: what a hold, a full upstream or a slow client adds.',
  [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10],
);
const addedTo = { read: added.of({ kind: 'read' }), write: added.of({ kind: 'write' }) };

const answers = new Map<string, ReturnType<typeof requests.of>>();

export function countAnswer({ unit, side, kind }: Passed, status: number): void {
  const hundreds = Math.floor(status / 100);
  const key = `${unit} ${side} ${kind} ${hundreds}`;
  answers.getOrInsertComputed(key, () => requests.of({ unit, side, kind, outcome: `${hundreds}xx` })).add(1);
}

export function countFailure(passed: Passed, name: FailureName): void {
  requests.add(1, { ...passed, outcome: name });
}

export function observeAdded(kind: Kind, ms: number): void {
  addedTo[kind].observe(ms / 1_000);
}

const shadowed = counter(
  'ticketbuddy_gateway_shadow_total',
  'Reads that could be compared, by the unit and the side that is compared, and by what became of them; received are all.',
);

export function countShadow(read: { readonly way: string; readonly endpoint: string; readonly outcome: string }): void {
  shadowed.add(1, read);
}

type ShadowLoad = { readonly way: string; readonly load: { readonly queued: number; readonly inFlight: number } };

export function shadowGauges(loads: () => readonly ShadowLoad[]): GaugeSource {
  return async () => [
    gauge(
      'ticketbuddy_gateway_shadow_waiting',
      'Reads that wait to be compared or are being compared.',
      loads().map(({ way, load }) => ({ labels: { way }, value: load.queued + load.inFlight })),
    ),
  ];
}

export type Looking = {
  readonly upstreams: Readonly<Record<string, Upstream>>;
  /** Of each unit: the writes that wait for its owner, and whether one that came now would. */
  readonly writes: () => readonly { readonly unit: string; readonly waiting: number; readonly isHeld: boolean }[];
};

/** How the gateway is at this moment. */
export function gatewayGauges({ upstreams, writes }: Looking): GaugeSource {
  return async () => {
    const sides = Object.entries(upstreams);
    const bySide = (of: (upstream: Upstream) => number) =>
      sides.map(([side, upstream]) => ({ labels: { side }, value: of(upstream) }));
    const byUnit = (of: (unit: ReturnType<Looking['writes']>[number]) => number) =>
      writes().map((unit) => ({ labels: { unit: unit.unit }, value: of(unit) }));
    return [
      gauge(
        'ticketbuddy_gateway_in_flight',
        'Requests that a side is at.',
        bySide(({ inFlight }) => inFlight.running),
      ),
      gauge(
        'ticketbuddy_gateway_queued',
        'Requests that wait for room at a side.',
        bySide(({ inFlight }) => inFlight.waiting),
      ),
      gauge(
        'ticketbuddy_gateway_breaker_open',
        '1 while a side is left alone, 0.5 while one request tries whether it answers again.',
        bySide(({ breaker }) => ({ closed: 0, 'half-open': 0.5, open: 1 })[breaker]),
      ),
      gauge(
        'ticketbuddy_gateway_writes_waiting',
        'Writes that wait for the owner of their unit.',
        byUnit(({ waiting }) => waiting),
      ),
      gauge(
        'ticketbuddy_gateway_held',
        '1 while no write of a unit is let through.',
        byUnit(({ isHeld }) => Number(isHeld)),
      ),
    ];
  };
}
