import { setTimeout as delay } from 'node:timers/promises';

/** One answer for all who ask within so many ms; what they ask is put together, and asked after the last of them. */
export class Gathered<Q, A> {
  readonly #ask: (questions: readonly Q[]) => Promise<A>;
  readonly #withinMs: number;
  #questions: Q[] = [];
  #answer: Promise<A> | undefined;

  constructor(withinMs: number, ask: (questions: readonly Q[]) => Promise<A>) {
    this.#withinMs = withinMs;
    this.#ask = ask;
  }

  /** Throws what kept all of them from being answered. */
  answer(question: Q): Promise<A> {
    this.#questions.push(question);
    this.#answer ??= this.#askSoon();
    return this.#answer;
  }

  async #askSoon(): Promise<A> {
    await delay(this.#withinMs);
    const questions = this.#questions;
    this.#questions = [];
    this.#answer = undefined;
    return this.#ask(questions);
  }
}
