/**
 * Whether a snapshot (`xmin:xmax:xip,…`, 64-bit ids) shows what the transaction has done. The log has the lower 32 bits
 * of its id; the rest is what brings it nearest to the snapshot, as transactions half a cycle apart never meet.
 */
export function sees(snapshot: string, xid: number): boolean {
  const [xmin = '', xmax = '', running = ''] = snapshot.split(':');
  const id = nearest(BigInt(xid), BigInt(xmax));
  if (id < BigInt(xmin)) return true;
  return id < BigInt(xmax) && !running.split(',').includes(`${id}`);
}

const cycle = 1n << 32n;

function nearest(low: bigint, to: bigint): bigint {
  const id = (to / cycle) * cycle + low;
  if (id - to > cycle / 2n) return id - cycle;
  return to - id > cycle / 2n ? id + cycle : id;
}
