import { unreadable } from '@ticketbuddy/errors';

const maxDepth = 32;
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const blanks = /[ \t\n\r]*/y;
const hex4 = /[0-9a-fA-F]{4}/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

export type TokenKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/**
 * Reads RFC 8259 JSON front to back, one value at a time, as strictly as System.Text.Json: so what is wrong first in
 * the text is what the caller hears of. Numbers stay text, duplicates stay visible. Throws a `Refusal` of the kind
 * `unreadable` at the first mistake.
 */
export class JsonReader {
  readonly #text: string;
  /** Bytes that were no UTF-8 were decoded to U+FFFD; a string that shows it is refused when it is read. */
  readonly #damaged: boolean;
  #at = 0;
  #depth = 0;
  #path: (string | number)[] = [];

  constructor(json: string, damaged = false) {
    this.#text = json;
    this.#damaged = damaged;
    this.#skipBlanks();
  }

  peek(): TokenKind {
    switch (this.#text[this.#at]) {
      case '{':
        return 'object';
      case '[':
        return 'array';
      case '"':
        return 'string';
      case 't':
      case 'f':
        return 'boolean';
      case 'n':
        return 'null';
      case undefined:
        throw this.refuse('The text ends before the value is complete.');
      default:
        return 'number';
    }
  }

  /** Calls `visit` with each member's name; `visit` must read or skip the value. */
  object(visit: (name: string) => void): void {
    this.#enter('{');
    if (!this.#take('}')) {
      do this.#member(visit);
      while (this.#take(','));
      this.#expect('}');
    }
    this.#depth -= 1;
  }

  array(visit: () => void): void {
    this.#enter('[');
    let index = 0;
    if (!this.#take(']')) {
      do {
        this.#path.push(index++);
        visit();
        this.#path.pop();
      } while (this.#take(','));
      this.#expect(']');
    }
    this.#depth -= 1;
  }

  string(): string {
    const raw = this.#rawString();
    const value = raw.includes('\\') ? this.#unescape(raw) : raw;
    if (!value.isWellFormed()) throw this.refuse('The text holds half a character.');
    if (this.#damaged && value.includes('\uFFFD')) throw this.refuse('The text is not UTF-8.');
    return value;
  }

  /** The digits as they stand in the text. */
  number(): string {
    numberToken.lastIndex = this.#at;
    const token = numberToken.exec(this.#text)?.[0];
    if (token === undefined) throw this.refuse('A value was expected here.');
    this.#advance(token.length);
    return token;
  }

  boolean(): boolean {
    const value = this.#text.startsWith('true', this.#at);
    this.#word(value ? 'true' : 'false');
    return value;
  }

  null(): void {
    this.#word('null');
  }

  /** Passes over one value of any kind; what it holds must still be JSON. */
  skip(): void {
    const kind = this.peek();
    if (kind === 'object') this.object(() => this.skip());
    else if (kind === 'array') this.array(() => this.skip());
    else if (kind === 'string') this.#rawString();
    else if (kind === 'boolean') this.boolean();
    else if (kind === 'null') this.null();
    else this.number();
  }

  end(): void {
    if (this.#at < this.#text.length) throw this.refuse('Something follows the end of the value.');
  }

  refuse(message: string) {
    const steps = this.#path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`));
    return unreadable(`$${steps.join('')}`, message);
  }

  #member(visit: (name: string) => void): void {
    if (this.#text[this.#at] !== '"') throw this.refuse('A member name was expected here.');
    const name = this.string();
    this.#expect(':');
    this.#path.push(name);
    visit(name);
    this.#path.pop();
  }

  #enter(bracket: string): void {
    this.#expect(bracket);
    this.#depth += 1;
    if (this.#depth > maxDepth) throw this.refuse(`The value is nested deeper than ${maxDepth}.`);
  }

  #rawString(): string {
    const start = this.#at + 1;
    let at = start;
    for (;;) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) break;
      if (code === 0x5c) at += 1;
      else if (!(code >= 0x20)) throw this.refuse('The text has no end, or holds a control character.');
      at += 1;
    }
    this.#advance(at + 1 - this.#at);
    const raw = this.#text.slice(start, at);
    if (raw.includes('\\')) this.#unescape(raw);
    return raw;
  }

  #unescape(raw: string): string {
    let value = '';
    let from = 0;
    for (let at = raw.indexOf('\\'); at >= 0; at = raw.indexOf('\\', from)) {
      const [decoded, length] = this.#escape(raw, at + 1);
      value += raw.slice(from, at) + decoded;
      from = at + 1 + length;
    }
    return value + raw.slice(from);
  }

  #escape(raw: string, at: number): [decoded: string, length: number] {
    const letter = raw[at] ?? '';
    const plain = escapes[letter];
    if (plain !== undefined) return [plain, 1];
    hex4.lastIndex = at + 1;
    const digits = letter === 'u' ? hex4.exec(raw)?.[0] : undefined;
    if (digits === undefined) throw this.refuse('The text holds an unknown escape.');
    return [String.fromCharCode(Number.parseInt(digits, 16)), 5];
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw this.refuse('A value was expected here.');
    this.#advance(word.length);
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) throw this.refuse(`"${mark}" was expected here.`);
  }

  #take(mark: string): boolean {
    if (this.#text[this.#at] !== mark) return false;
    this.#advance(1);
    return true;
  }

  #advance(length: number): void {
    this.#at += length;
    this.#skipBlanks();
  }

  #skipBlanks(): void {
    if (this.#text.charCodeAt(this.#at) > 0x20) return;
    blanks.lastIndex = this.#at;
    blanks.test(this.#text);
    this.#at = blanks.lastIndex;
  }
}
