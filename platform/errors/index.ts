export {
  absent,
  Refusal,
  type RefusalKind,
  refusal,
  StartError,
  tooLarge,
  unreadable,
  unsupportedMedia,
} from './errors.ts';
