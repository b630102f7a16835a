/** An opaque place in the source's log, as PostgreSQL writes it. Compare only with `isPast`. */
export type Position = string;

/** Whether `position` lies after `other`. */
export function isPast(position: Position, other: Position): boolean {
  return toBytes(position) > toBytes(other);
}

/** The position of the byte before, which is how the library wants to be told of the last one that is durable. */
export function justBefore(position: Position): Position {
  return toPosition(toBytes(position) - 1n);
}

export function toPosition(bytes: bigint): Position {
  const [upper, lower] = [bytes >> 32n, bytes & 0xffffffffn];
  return `${upper.toString(16)}/${lower.toString(16)}`.toUpperCase();
}

function toBytes(position: Position): bigint {
  const [upper = '', lower = ''] = position.split('/');
  return (BigInt(`0x${upper}`) << 32n) | BigInt(`0x${lower}`);
}
