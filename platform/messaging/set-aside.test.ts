import { describe, expect, it } from 'vitest';
import { faults, parked } from './masstransit/test-recordings.ts';
import { differencesOf } from './test-differences.ts';
import { comparableCopy, comparableFault } from './test-set-aside.ts';
import type { Taken } from './test-virtual-hosts.ts';

// As the real MassTransit set them aside when the legacy was recorded.
const copy = taken(parked.find(({ properties }) => 'MT-Fault-ConsumerType' in properties.headers));
const fault = taken(faults.find(({ body }) => body.includes('Fault[[')));

describe('the comparison of what is set aside names', () => {
  it('a header that is missing', () => {
    const { 'MT-Fault-RetryCount': _, ...headers } = copy.headers;
    expect(differencesOf(comparableCopy(copy), comparableCopy({ ...copy, headers }))).toEqual([
      'headers.16: expected "MT-Fault-RetryCount: number", got nothing',
      'values.MT-Fault-RetryCount: expected 2, got nothing',
    ]);
  });

  it('a header of another type', () => {
    const headers = { ...copy.headers, 'MT-Host-ProcessId': 4711 };
    expect(differencesOf(comparableCopy(copy), comparableCopy({ ...copy, headers }))).toEqual([
      'headers.2: expected "MT-Host-ProcessId: string", got "MT-Host-ProcessId: number"',
    ]);
  });

  it('a body that is not the one that came', () => {
    const changed = { ...copy, body: copy.body.replace('"price"', '"Price"') };
    expect(differencesOf(comparableCopy(copy), comparableCopy(changed))).toEqual([expect.stringMatching(/^body: /)]);
  });

  it('a Fault in another order, of another type, or that forgets the message', () => {
    expect(differencesOfFault((text) => text.replace(/( {2}"requestId": null,\n)(.*\n)/, '$2$1'))).toEqual([
      expect.stringMatching(/^shape\.2: expected .*requestId/),
      expect.stringMatching(/^shape\.3: expected .*correlationId/),
    ]);
    expect(
      differencesOfFault((text) => text.replace('"urn:message:MassTransit:Fault"', '"urn:message:Other"')),
    ).toEqual([
      expect.stringMatching(/^shape\.\d+: expected .*MassTransit:Fault/),
      expect.stringMatching(/^messageType\.1: /),
    ]);
    expect(differencesOfFault((text) => text.replace(/("eventName": )"[^"]*"/, '$1"Other"'))).toEqual([
      expect.stringMatching(/^message\.eventName: expected .*, got "Other"/),
    ]);
  });
});

function differencesOfFault(change: (body: string) => string): readonly string[] {
  return differencesOf(comparableFault(fault), comparableFault({ ...fault, body: change(fault.body) }));
}

function taken(recorded: (typeof parked)[number] | undefined): Taken {
  if (!recorded) throw new Error('nothing is recorded');
  const { exchange, body, properties } = recorded;
  return { exchange, body, ...properties };
}
