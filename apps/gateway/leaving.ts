import { EventEmitter } from 'node:events';

/**
 * Emits `abort` when a client leaves before it has its answer. undici listens to that too, and takes an emitter as well as an
 * AbortSignal, which costs each request a tenth of all that it costs.
 */
export class Leaving extends EventEmitter<{ abort: [] }> {
  hasLeft = false;

  leave(): void {
    this.hasLeft = true;
    this.emit('abort');
  }
}
