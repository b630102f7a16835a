export {
  array,
  dateTimeOffset,
  decimal,
  enumeration,
  guid,
  type Members,
  readObject,
  text,
} from './converters.ts';
export { formatInstant, parseDateTimeOffset } from './date-time-offset.ts';
export { type Decimal, formatHundredths, isNegative, parseDecimal, toHundredths } from './decimal.ts';
export { parseBodyGuid, parsePathGuid } from './guid.ts';
