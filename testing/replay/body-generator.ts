import { randomUUID } from 'node:crypto';
import type { RecordedRequest, Story } from './captures.ts';
import { idsIn } from './ids.ts';

/**
 * Builds the body that the recording only describes: `FullName = a × 100000`, `ticketIds = 10000 × the same unknown id`.
 * `undefined` when the words follow no rule known here. Ids in it are those at the start of the recorded body.
 */
export function generateBody(story: Story, request: RecordedRequest): string | undefined {
  const words = request.bodyGenerator ?? '';
  const text = /^\s*(\w+)\s*=\s*(.+?)\s*[×x*]\s*([\d,._ ]+)$/.exec(words);
  if (text) return withLongMember(story, request, text[1] ?? '', unquoted(text[2] ?? '').repeat(countOf(text[3])));
  const ids = /^\s*ticketIds\s*=\s*([\d,._ ]+?)\s*[×x*]\s*(.+)$/i.exec(words);
  return ids ? withManyIds(request, countOf(ids[1]), ids[2] ?? '') : undefined;
}

function countOf(digits = ''): number {
  return Number(digits.replace(/\D/g, ''));
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2');
}

function withLongMember(story: Story, request: RecordedRequest, member: string, text: string): string | undefined {
  if (!/^\/users\b/i.test(request.path)) return undefined;
  const user = ordinaryUser(story, request, member, text);
  return member in user ? JSON.stringify({ ...user, [member]: text }) : undefined;
}

function ordinaryUser(story: Story, request: RecordedRequest, member: string, text: string): Record<string, unknown> {
  const user = { FullName: 'Generated', Email: '', UserType: 'Customer' };
  const length = JSON.stringify({ ...user, [member]: '' }).length + JSON.stringify(text).length - '""'.length;
  return { ...user, Email: recordedEmail(story, text) ?? newEmail((request.bodyLength ?? 0) - length) };
}

/** Any new e-mail will do, unless an answer tells the one that was sent: a later list has to agree with it. */
function recordedEmail(story: Story, fullName: string): string | undefined {
  const long = story.steps.map(({ response }) => response?.body ?? '').filter(({ length }) => length > fullName.length);
  const [, email] =
    long.map((body) => body.split(`"FullName":${JSON.stringify(fullName)},"Email":"`)).find(hasTwo) ?? [];
  return email?.split('"')[0];
}

function hasTwo(parts: readonly string[]): boolean {
  return parts.length > 1;
}

/** As long as the one that was sent: a limit counts bytes, and may lie right beside what was recorded. */
function newEmail(length: number): string {
  const local = randomUUID().replaceAll('-', '');
  return `${local.slice(0, Math.max(8, length - '@example.com'.length))}@example.com`;
}

function withManyIds({ bodyStart = '' }: RecordedRequest, count: number, which: string): string {
  const userId = /"userId":\s*"([^"]+)"/i.exec(bodyStart)?.[1] ?? randomUUID();
  const [id = randomUUID()] = idsIn(/"ticketIds":.*/is.exec(bodyStart)?.[0] ?? '');
  const ids = Array.from({ length: count }, /\bsame\b/i.test(which) ? () => id : () => randomUUID());
  return JSON.stringify({ userId, ticketIds: ids });
}
