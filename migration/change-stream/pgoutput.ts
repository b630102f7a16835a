import { type Position, toPosition } from './position.ts';
import type { Column } from './shape.ts';

/** A row's values in the order of its relation's columns; `undefined` is a large value that the update did not touch. */
export type Tuple = readonly (string | null | undefined)[];

export type Relation = {
  readonly kind: 'relation';
  readonly id: number;
  readonly schema: string;
  readonly name: string;
  readonly identity: string;
  readonly columns: readonly Column[];
};

export type Message =
  | { readonly kind: 'begin'; readonly commitLsn: Position; readonly xid: number }
  | { readonly kind: 'origin'; readonly name: string }
  | Relation
  | { readonly kind: 'insert'; readonly relation: number; readonly row: Tuple }
  | { readonly kind: 'update'; readonly relation: number; readonly old: Tuple | undefined; readonly row: Tuple }
  | { readonly kind: 'delete'; readonly relation: number; readonly old: Tuple }
  | { readonly kind: 'truncate'; readonly relations: readonly number[] }
  | { readonly kind: 'commit'; readonly end: Position }
  | { readonly kind: 'ignored' };

/**
 * Decodes one message of pgoutput, protocol version 1
 * (https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html). The library's own decoder makes
 * floats and dates of the values, takes a byte order mark off the front of a text and reads ids as signed.
 */
export function decode(bytes: Buffer): Message {
  const reader = new Reader(bytes);
  const decodeBody = decoders[reader.character()];
  return decodeBody ? decodeBody(reader) : { kind: 'ignored' };
}

const decoders: Readonly<Record<string, (reader: Reader) => Message>> = {
  B: (reader) => {
    const commitLsn = reader.position();
    reader.skip(8);
    return { kind: 'begin', commitLsn, xid: reader.uint32() };
  },
  O: (reader) => {
    reader.skip(8);
    return { kind: 'origin', name: reader.text() };
  },
  R: decodeRelation,
  I: (reader) => {
    const relation = reader.uint32();
    reader.skip(1);
    return { kind: 'insert', relation, row: decodeTuple(reader) };
  },
  U: decodeUpdate,
  D: (reader) => {
    const relation = reader.uint32();
    reader.skip(1);
    return { kind: 'delete', relation, old: decodeTuple(reader) };
  },
  T: (reader) => {
    const count = reader.uint32();
    reader.skip(1);
    return { kind: 'truncate', relations: listOf(count, () => reader.uint32()) };
  },
  C: (reader) => {
    reader.skip(1 + 8);
    return { kind: 'commit', end: reader.position() };
  },
};

function decodeRelation(reader: Reader): Message {
  const [id, schema, name, identity] = [reader.uint32(), reader.text(), reader.text(), reader.character()];
  const columns = listOf(reader.uint16(), () => {
    reader.skip(1);
    return { name: reader.text(), typeOid: reader.uint32(), typeMod: reader.int32() };
  });
  // The server leaves the name of its own schema out.
  return { kind: 'relation', id, schema: schema || 'pg_catalog', name, identity, columns };
}

function decodeUpdate(reader: Reader): Message {
  const relation = reader.uint32();
  const isNew = reader.character() === 'N';
  const first = decodeTuple(reader);
  if (isNew) return { kind: 'update', relation, old: undefined, row: first };
  reader.skip(1);
  return { kind: 'update', relation, old: first, row: decodeTuple(reader) };
}

function decodeTuple(reader: Reader): Tuple {
  return listOf(reader.uint16(), () => decodeValue(reader));
}

function decodeValue(reader: Reader): string | null | undefined {
  const kind = reader.character();
  if (kind === 'n') return null;
  if (kind === 'u') return undefined;
  if (kind !== 't') throw new Error(`pgoutput sent a value of the unknown kind '${kind}'`);
  return reader.sized();
}

function listOf<T>(length: number, read: () => T): T[] {
  return Array.from({ length }, read);
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(length: number): void {
    this.#at += length;
  }

  character(): string {
    return String.fromCharCode(this.#bytes.readUInt8(this.#step(1)));
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#step(2));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#step(4));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#step(4));
  }

  position(): Position {
    return toPosition(this.#bytes.readBigUInt64BE(this.#step(8)));
  }

  /** A text that ends with a zero byte. */
  text(): string {
    const from = this.#at;
    const end = this.#bytes.indexOf(0, from);
    this.#at = end + 1;
    return this.#bytes.toString('utf8', from, end);
  }

  /** A text behind its length. */
  sized(): string {
    const length = this.uint32();
    const from = this.#step(length);
    return this.#bytes.toString('utf8', from, from + length);
  }

  #step(length: number): number {
    const from = this.#at;
    this.#at += length;
    return from;
  }
}
