import { describeIssue } from "../../core/errors/describe_issue.ts";
import { TypeRefusal } from "../../core/errors/errors.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { DataSource } from "../../data/data_source.ts";
import { snapshotSchema } from "../../training/checkpoints/snapshot_schema.ts";
import { restoreSnapshot, takeSnapshot } from "../../training/checkpoints/strategy_snapshot.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";

const nestedSchema = snapshotSchema.omit({ heads: true, evaluator: true, optimizerSpec: true, settings: true });

/**
 * All that a strategy inside another needs to go on from here, between two calls of its `train`; it must have been
 * started. What its evaluator has measured and what was assigned to it is not kept; it must not have heads that grow.
 */
export function saveNestedStrategy(strategy: BaseStrategy): SavedState {
  const { heads: _heads, evaluator: _evaluator, clock, ...others } = takeSnapshot(strategy);
  const { optimizerSpec: _spec, settings: _settings, groups: saved, lossScale, ...snapshot } = others;
  const { pieces, ...counters } = clock;
  const groups = saved?.map(({ spec, schedule, ...group }) => {
    return { ...group, spec: { ...spec }, ...(schedule ? { schedule: { ...schedule } } : {}) };
  });
  return {
    ...snapshot,
    ...(groups ? { groups } : {}),
    ...(lossScale ? { lossScale: { ...lossScale } } : {}),
    clock: pieces ? { ...counters, pieces: { ...pieces } } : counters,
  };
}

/**
 * Starts the strategy, if need be, and puts it where it was saved.
 * @throws {TypeError} If the state is not what `saveNestedStrategy` gave; the message starts with `act`.
 */
export async function restoreNestedStrategy(
  strategy: BaseStrategy,
  saved: SavedState,
  { act, sources }: { readonly act: string; readonly sources: ReadonlyMap<string, DataSource> },
): Promise<void> {
  await strategy.start();
  const { data, error } = nestedSchema.safeParse(saved);
  if (!data) throw new TypeRefusal(`${act}: ${describeIssue(error, saved)}`);
  const { heads, evaluator } = strategy;
  await restoreSnapshot(strategy, { ...data, heads, evaluator: evaluator.save() }, sources);
}
