import type { ParkedMessage, QueueDepth } from '@ticketbuddy/messaging';
import { harmless, table, time } from './table.ts';
import type { Terminal } from './terminal.ts';

type Shown = Pick<Terminal, 'colors' | 'columns'>;

const idLengthMin = 8;

/** A line for each parked message, and what can be done about them. */
export function reportParked(messages: readonly ParkedMessage[], terminal: Shown): string {
  const { red } = terminal.colors;
  const heads = [
    { head: 'queue' },
    { head: 'id' },
    { head: 'type' },
    { head: 'parked' },
    { head: 'attempts', isNumber: true },
    { head: 'reason' },
  ];
  const length = shortestIdLength(messages.map(({ id }) => id));
  const rows = messages.map(({ queue, id, urn, parkedAt, attempts, reason }) => [
    { text: queue },
    { text: harmless(id.slice(0, length)) },
    { text: harmless(urn?.split(':').at(-1) ?? '–') },
    { text: time(parkedAt) },
    { text: String(attempts) },
    { text: harmless(reason).replaceAll(/\s+/g, ' '), paint: red },
  ]);
  return [table(heads, rows, terminal), '', ...nextSteps(messages, length, terminal)].join('\n');
}

/** Everything about one message. */
export function reportMessage(message: ParkedMessage, { colors }: Shown): string {
  const { queue, id, urn, parkedAt, attempts, reason, headers, body } = message;
  const lines: readonly (readonly [string, string])[] = [
    ['message', id],
    ['queue', queue],
    ['type', urn ?? '–'],
    ['parked', time(parkedAt)],
    ['attempts', String(attempts)],
    ['reason', reason],
  ];
  return [
    ...lines.map(([label, text]) => `${colors.dim(label.padEnd(8))}  ${indented(text, 10)}`),
    '',
    colors.bold('headers'),
    ...Object.entries(headers).map(([name, value]) => `  ${colors.dim(harmless(name))}  ${indented(textOf(value), 4)}`),
    '',
    colors.bold('body'),
    harmless(pretty(body)),
  ].join('\n');
}

/** A line for each queue. */
export function reportDepths(depths: readonly QueueDepth[], terminal: Shown): string {
  const heads = [{ head: 'queue' }, { head: 'waiting', isNumber: true }, { head: 'parked' }];
  const rows = depths.map(({ queue, waiting, parked }) => [
    { text: queue },
    { text: number(waiting) },
    { text: number(parked).padStart('parked'.length), paint: parked > 0 ? terminal.colors.red : String },
  ]);
  return table(heads, rows, terminal);
}

/** `1 message`, `1,200 messages`. */
export function countOf(amount: number): string {
  return `${number(amount)} message${amount === 1 ? '' : 's'}`;
}

function nextSteps(messages: readonly ParkedMessage[], length: number, { colors }: Shown): readonly string[] {
  const id = harmless(messages[0]?.id.slice(0, length) ?? '');
  const choices = [
    [`show ${id}`, 'everything about it'],
    [`retry ${id}`, 'back into its queue, once the reason is mended'],
    [`drop ${id}`, 'delete it for good'],
  ] as const;
  return [
    `${countOf(messages.length)} ${messages.length === 1 ? 'is' : 'are'} parked. What you can do about one of them:`,
    ...choices.map(
      ([command, does]) => `  ${`npx ticketbuddy messages ${command}`.padEnd(31 + id.length)}  ${colors.dim(does)}`,
    ),
  ];
}

/** How many characters of the ids, eight at least, tell them apart. */
function shortestIdLength(ids: readonly string[]): number {
  const different = new Set(ids);
  let length = idLengthMin;
  const max = Math.max(...ids.map((id) => id.length));
  while (length < max && new Set([...different].map((id) => id.slice(0, length))).size < different.size) length += 1;
  return length;
}

function indented(text: string, by: number): string {
  return harmless(text.trimEnd()).replaceAll('\n', `\n${' '.repeat(by)}`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}

function number(amount: number): string {
  return amount.toLocaleString('en-GB');
}
