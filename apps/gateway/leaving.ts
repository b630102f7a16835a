/** Whether a client has left before it had its answer, and what is to be done when it does: one thing at a time. */
export class Leaving {
  hasLeft = false;
  whenLeft: (() => void) | undefined;

  leave(): void {
    this.hasLeft = true;
    this.whenLeft?.();
  }
}
