/** Where a schema's relay hears of new rows in its outbox. */
export function outboxChannel(schema: string): string {
  return `outbox.${schema}`;
}
