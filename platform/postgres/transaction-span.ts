/** How a transaction looks in a trace. */
export const transactionSpan = {
  kind: 'client',
  attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'TRANSACTION' },
} as const;
