export {
  absent,
  conflict,
  keyReused,
  overloaded,
  Refusal,
  type RefusalKind,
  refusal,
  StartError,
  tooLarge,
  unreadable,
  unsupportedMedia,
} from './errors.ts';
