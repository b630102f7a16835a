export {
  absent,
  keyReused,
  Refusal,
  type RefusalKind,
  refusal,
  StartError,
  tooLarge,
  unreadable,
  unsupportedMedia,
} from './errors.ts';
