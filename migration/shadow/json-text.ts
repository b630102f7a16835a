/** JSON as it stands in the text: numbers keep their digits, members their order, and names that come twice stay two. */
export type Json =
  | { readonly kind: 'object'; readonly members: readonly Member[] }
  | { readonly kind: 'array'; readonly items: readonly Json[] }
  | Scalar;

/** A string has its characters, whatever was escaped; all others have what the text says. */
export type Scalar = { readonly kind: 'string' | 'number' | 'boolean' | 'null'; readonly text: string };

export type Member = { readonly name: string; readonly value: Json };

/** `undefined` for what is not JSON, or is nested deeper than a hundred levels. */
export function readJson(text: string): Json | undefined {
  try {
    return new Reader(text).whole();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** As it would be written without blanks. */
export function writeJson(json: Json): string {
  if (json.kind === 'object') {
    return `{${json.members.map(({ name, value }) => `${JSON.stringify(name)}:${writeJson(value)}`).join(',')}}`;
  }
  if (json.kind === 'array') return `[${json.items.map(writeJson).join(',')}]`;
  return json.kind === 'string' ? JSON.stringify(json.text) : json.text;
}

const depthMax = 100;
const number = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const string = String.raw`"[^"\\]*(?:\\.[^"\\]*)*"`;
const token = new RegExp(String.raw`[ \t\n\r]*([{}[\],:]|${string}|${number}|true|false|null)`, 'y');
const rest = /[ \t\n\r]*$/y;

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Json {
    const value = this.#value(this.#take());
    rest.lastIndex = this.#at;
    if (!rest.test(this.#text)) throw new SyntaxError('something follows the value');
    return value;
  }

  #value(first: string): Json {
    if (first === '{') return { kind: 'object', members: this.#list('}', (name) => this.#member(name)) };
    if (first === '[') return { kind: 'array', items: this.#list(']', (item) => this.#value(item)) };
    if (first.startsWith('"')) return { kind: 'string', text: JSON.parse(first) };
    if (first === 'null') return { kind: 'null', text: first };
    if (first === 'true' || first === 'false') return { kind: 'boolean', text: first };
    if (/^[-\d]/.test(first)) return { kind: 'number', text: first };
    throw new SyntaxError(`${first} is no value`);
  }

  #member(first: string): Member {
    const name = this.#value(first);
    if (name.kind !== 'string' || this.#take() !== ':') throw new SyntaxError('a name and a colon were expected');
    return { name: name.text, value: this.#value(this.#take()) };
  }

  #list<T>(end: string, read: (first: string) => T): T[] {
    if (++this.#depth > depthMax) throw new SyntaxError('nested too deeply');
    const list: T[] = [];
    let next = this.#take();
    for (let mark = next; mark !== end; next = mark) {
      if (list.length > 0) next = this.#take();
      list.push(read(next));
      mark = this.#take();
      if (mark !== end && mark !== ',') throw new SyntaxError(`${mark} separates nothing`);
    }
    this.#depth -= 1;
    return list;
  }

  #take(): string {
    token.lastIndex = this.#at;
    const taken = token.exec(this.#text)?.[1];
    if (taken === undefined) throw new SyntaxError(`nothing that JSON knows at ${this.#at}`);
    this.#at = token.lastIndex;
    return taken;
  }
}
