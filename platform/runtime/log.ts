export type Log = {
  warn(context: object, message: string): void;
  error(context: object, message: string): void;
};
