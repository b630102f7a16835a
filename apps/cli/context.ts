import type { Config } from '@ticketbuddy/config';
import type { Terminal } from './terminal.ts';

/** What every command is given. It answers with its exit code. */
export type Context = { readonly config: Config; readonly terminal: Terminal };
