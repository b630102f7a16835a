type Identified = { readonly messageId: string };

/** Where what came differs from what was expected, member by member; types count, `undefined` members do not. */
export function differencesOf(expected: unknown, came: unknown, path = ''): readonly string[] {
  if (!isObject(expected) || !isObject(came) || Array.isArray(expected) !== Array.isArray(came)) {
    return Object.is(expected, came) ? [] : [`${path}: expected ${show(expected)}, got ${show(came)}`];
  }
  const names = new Set([...Object.keys(expected), ...Object.keys(came)]);
  return [...names].flatMap((name) =>
    differencesOf(expected[name], came[name], path === '' ? name : `${path}.${name}`),
  );
}

/** The same for many, in any order, told apart by their ids. A message that never came, or came twice, is a difference. */
export function differencesOfAll(expected: readonly Identified[], came: readonly Identified[]): readonly string[] {
  const waiting = new Map(expected.map((message) => [message.messageId, message]));
  const found = came.flatMap((message) => {
    const { messageId } = message;
    const wanted = waiting.get(messageId);
    waiting.delete(messageId);
    return wanted ? differencesOf(wanted, message, messageId) : [`${messageId}: not expected, or came twice`];
  });
  return [...found, ...[...waiting.keys()].map((messageId) => `${messageId}: never came`)];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? 'nothing');
}
