/** The demo data that more than one context has to know. */
export const demo = {
  administratorId: 'ada00000-0000-4000-8000-000000000001',
  customerIds: [
    'c0570000-0000-4000-8000-000000000001',
    'c0570000-0000-4000-8000-000000000002',
    'c0570000-0000-4000-8000-000000000003',
  ],
  nearlySoldOutEventId: 'e0e00000-0000-4000-8000-000000000001',
} as const;
