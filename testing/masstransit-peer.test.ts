import { expect, it } from 'vitest';
import { massTransitPeer } from './masstransit-peer.ts';

it('without the .NET SDK there is no peer, and a line says what is not tested and where the SDK is', async () => {
  const said: string[] = [];
  const peer = await massTransitPeer({ dotnet: '/nowhere/dotnet', say: (line) => said.push(line) });
  expect(peer).toBe(undefined);
  expect(said).toEqual([
    expect.stringMatching(/^SKIPPED, which is not passed: nothing .* real MassTransit .* SDK 10 .* https:\/\/dot\.net/),
  ]);
});
