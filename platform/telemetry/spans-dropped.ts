import { counter } from './instruments.ts';

export const spansDropped = counter(
  'ticketbuddy_spans_dropped_total',
  'Spans that no collector has: the queue was full, or the export failed.',
);
