import { hash } from 'node:crypto';

/*
 * A hash tree over the tickets of an order, and one over orders: to whoever trusts its root something is shown to be in it
 * by the hashes beside its way up. A node without a neighbour moves up as it is. Of a hash only the first 16 bytes are ever used. It is a text
 * here (Latin-1, a byte a character): so node:crypto makes it in 0.3 µs instead of 1.9 µs for a Buffer.
 */
export const hashBytes = 16;

/** All levels, from the leaves to the root. There is at least one leaf. */
export type Tree = readonly (readonly string[])[];

// What is hashed for a ticket, a node and an order begins differently, so that none can be passed off as another.
const leafInput = Buffer.alloc(1 + 3 + hashBytes, 0);
const nodeInput = Buffer.alloc(1 + 2 * hashBytes, 1);
const orderInput = Buffer.alloc(1 + 42 + hashBytes, 2);

export function leafOf(seat: number, secret: string): string {
  leafInput.writeUIntBE(seat, 1, 3);
  leafInput.write(secret, 4, hashBytes, 'latin1');
  return hash('sha256', leafInput, 'latin1');
}

/** `facts` are the 42 bytes with which all codes of the order begin, `root` is that of its tickets. */
export function orderLeafOf(facts: Buffer, root: string): string {
  orderInput.set(facts, 1);
  orderInput.write(root, 1 + facts.length, hashBytes, 'latin1');
  return hash('sha256', orderInput, 'latin1');
}

export function growTree(leaves: readonly string[]): Tree {
  const levels = [leaves];
  let level = leaves;
  while (level.length > 1) {
    level = levelAbove(level);
    levels.push(level);
  }
  return levels;
}

/** The hashes beside the way from the leaf at `index` to the root. */
export function pathOf(tree: Tree, index: number): string[] {
  const path: string[] = [];
  for (const [height, level] of tree.entries()) {
    const beside = level[(index >> height) ^ 1];
    if (beside !== undefined) path.push(beside);
  }
  return path;
}

/** How many hashes are beside the way from the leaf at `index`, of `count` leaves. */
export function pathLength(index: number, count: number): number {
  let length = 0;
  for (let [at, width] = [index, count]; width > 1; at >>= 1, width = (width + 1) >> 1) {
    if ((at ^ 1) < width) length++;
  }
  return length;
}

/** The root above the leaf at `index` of `count`, if the hashes beside its way are those of `path`, 16 bytes each. */
export function rootAbove(leaf: string, index: number, count: number, path: string): string {
  let [node, used] = [leaf, 0];
  for (let [at, width] = [index, count]; width > 1; at >>= 1, width = (width + 1) >> 1) {
    if ((at ^ 1) >= width) continue;
    const beside = path.slice(used, used + hashBytes);
    node = at % 2 === 0 ? nodeOf(node, beside) : nodeOf(beside, node);
    used += hashBytes;
  }
  return node;
}

function levelAbove(level: readonly string[]): string[] {
  const above: string[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const [left, right] = [level[at] as string, level[at + 1]];
    above.push(right === undefined ? left : nodeOf(left, right));
  }
  return above;
}

function nodeOf(left: string, right: string): string {
  nodeInput.write(left, 1, hashBytes, 'latin1');
  nodeInput.write(right, 1 + hashBytes, hashBytes, 'latin1');
  return hash('sha256', nodeInput, 'latin1');
}
