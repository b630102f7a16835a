import { createAssembler } from './assemble.ts';
import type { Feed, FeedOptions } from './capturing.ts';
import { connect } from './connection.ts';
import type { Message } from './pgoutput.ts';
import { nameOf } from './unit.ts';

/** The transactions that stand in the source's log. */
export function openLogFeed({ url, unit, shapes, from, skippedOrigin, hold, fail }: FeedOptions): Feed {
  const assemble = createAssembler({ unit, shapes, skippedOrigin });
  let [isTaking, hasFailed] = [false, false];
  const connection = connect({
    url,
    name: nameOf(unit),
    from,
    onMessage: take,
    // We answer before anybody has to ask, except a source that shuts down: it waits until we have all, which is not
    // for us to promise. Without us it need not wait.
    onQuestion: () => void connection.close(),
  });
  return {
    ended: connection.ended,
    acknowledge(position) {
      connection.acknowledge(position);
      // While we are the ones who take nothing, nothing can come.
      if (!isTaking && connection.isDead()) void connection.close();
    },
    close: () => connection.close(),
  };

  async function take(message: Message | Error): Promise<void> {
    if (hasFailed) return;
    isTaking = true;
    try {
      if (message instanceof Error) throw message;
      const batch = assemble(message);
      if (batch) await hold(batch);
    } catch (error) {
      hasFailed = true;
      fail(error);
    } finally {
      isTaking = false;
    }
  }
}
