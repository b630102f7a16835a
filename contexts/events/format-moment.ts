import { formatInstant } from '@ticketbuddy/dotnet-json';
import { isEndOfTime } from './event.ts';

/** As the legacy writes a time that is kept; one that stands for no end is told to the last digit that .NET has. */
export function formatMoment(moment: Temporal.Instant): string {
  return isEndOfTime(moment) ? '9999-12-31T23:59:59.9999999+00:00' : formatInstant(moment);
}
