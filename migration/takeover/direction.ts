import { type Backfill, begin, openWriter, type TableTarget } from '@ticketbuddy/backfill';
import { type ChangeStream, openChangeStream } from '@ticketbuddy/change-stream';
import type { Side } from '@ticketbuddy/cutover';
import { tableTarget } from '@ticketbuddy/mapping';
import { createShadowTables, noteChanges } from '@ticketbuddy/shadow';
import { changesNoted, isHeeding } from './hearing.ts';
import { ownersOnly } from './owners-only.ts';
import { schema } from './schema.ts';
import { originOf, otherSide, streamOf, type Takeover } from './takeover.ts';

/** One way of a unit's rows, open. */
export type OpenDirection = {
  readonly to: Side;
  readonly backfill: Backfill;
  readonly stream: ChangeStream;
  close(): Promise<void>;
};

/**
 * Opens the way of the unit's rows to the side `to`, where it was left. Throws a conflict while another process has it open.
 * Only the new system has rows copied to it: the legacy has them.
 */
export async function openDirection(
  takeover: Takeover,
  to: Side,
  onInterruption: (error: unknown) => void = () => undefined,
): Promise<OpenDirection> {
  const { plan, places } = takeover;
  const [source, target] = [places[otherSide(to)], places[to]];
  const unit = streamOf(plan, to);
  const writer = await openWriter({ pool: target.pool, schema, unit: unit.name, origin: originOf(plan, to) });
  try {
    const rows: TableTarget[] = plan.tables.map((mapping) => tableTarget(mapping, to));
    const tables = await ownersOnly(
      { unit: plan.unit, stream: unit.name, from: otherSide(to), pool: target.pool },
      rows,
    );
    const noting = { schema, unit: unit.name, tables: unit.tables };
    await createShadowTables(target.pool, { schema });
    const noteToTell = to === 'next' && isHeeding(takeover) ? changesNoted(takeover.plan) : undefined;
    const note: Backfill['note'] = async (tx, batches) => {
      await noteChanges(tx, noting, batches);
      await noteToTell?.(tx, batches);
    };
    const backfill: Backfill = { source: source.pool, writer, unit, tables, note };
    const from = await begin(backfill);
    const ownOrigin = originOf(plan, otherSide(to));
    const stream = await openChangeStream({ ...source, unit, from, ownOrigin, onInterruption });
    const close = async () => {
      await stream.close();
      await writer.close();
    };
    return { to, backfill, stream, close };
  } catch (error) {
    await writer.close();
    throw error;
  }
}
