import { counter } from '@ticketbuddy/telemetry';
import { type BrokerReport, retryDelaysMs } from './message.ts';

const failures = counter('ticketbuddy_message_failures_total', 'Attempts to apply a message that failed, by queue.');
const redeliveries = counter(
  'ticketbuddy_message_redeliveries_total',
  'Messages that came again: after a failed attempt (retry), because the broker did not hear of their end (broker), or although they had been applied (duplicate).',
);
const parked = counter('ticketbuddy_messages_parked_total', 'Messages that were set aside for a person, by queue.');

/** The same report, with what it tells counted. */
export function counted(report: BrokerReport, isTransient: (error: unknown) => boolean): BrokerReport {
  return {
    ...report,
    failed(message, error, attempt, queue) {
      failures.add(1, { queue });
      if (isTransient(error) || attempt <= retryDelaysMs.length) redeliveries.add(1, { queue, cause: 'retry' });
      report.failed(message, error, attempt, queue);
    },
    parked(queue, messageId, reason) {
      parked.add(1, { queue });
      report.parked(queue, messageId, reason);
    },
    redelivered(queue) {
      redeliveries.add(1, { queue, cause: 'broker' });
      report.redelivered?.(queue);
    },
  };
}

export function countDuplicate(queue: string): void {
  redeliveries.add(1, { queue, cause: 'duplicate' });
}

/** Lets Prometheus see the first of each as a rise from nothing. */
export function countNone(queue: string): void {
  failures.add(0, { queue });
  parked.add(0, { queue });
  for (const cause of ['retry', 'broker', 'duplicate']) redeliveries.add(0, { queue, cause });
}
