import { copyFile, type FileHandle, open, stat, truncate } from 'node:fs/promises';

export type ServerLog = {
  /** For the server to append to. */
  readonly fd: number;
  /** What went wrong since the log was opened, in PostgreSQL's words: its last fatal line, or else its last line. */
  reason(): Promise<string>;
  /** Ends our own hold on the file; the server keeps its own. */
  close(): Promise<void>;
};

export async function openLog(path: string): Promise<ServerLog> {
  await rotateWhenLarge(path);
  const handle = await open(path, 'a', 0o600);
  const { size } = await handle.stat();
  return { fd: handle.fd, reason: () => readReason(path, size), close: () => handle.close() };
}

const bytesMax = 16 * 1024 * 1024;
const msBetweenLooks = 60_000;

/** Keeps the log from growing for ever while a server writes it, until the answer is called. */
export function tendLog(path: string): () => void {
  const looks = setInterval(() => rotateWhenLarge(path).catch(() => undefined), msBetweenLooks).unref();
  return () => clearInterval(looks);
}

/**
 * Past 16 MB the log's content moves to `<path>.1`, over what was there. The file is emptied in place, because the
 * server goes on appending to the one that it has opened.
 */
async function rotateWhenLarge(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.size <= bytesMax) return;
  await copyFile(path, `${path}.1`);
  await truncate(path);
}

export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

async function readReason(path: string, from: number): Promise<string> {
  const handle = await open(path, 'r');
  const added = await readFrom(handle, from).finally(() => handle.close());
  const fatal = added.split('\n').filter((line) => /\b(FATAL|PANIC):/.test(line));
  return lastLine(fatal.length > 0 ? fatal.join('\n') : added).replace(/^.*?\b[A-Z]+: +/, '');
}

async function readFrom(handle: FileHandle, position: number): Promise<string> {
  const { size } = await handle.stat();
  const buffer = Buffer.alloc(Math.max(0, size - position));
  await handle.read(buffer, 0, buffer.length, position);
  return buffer.toString();
}
