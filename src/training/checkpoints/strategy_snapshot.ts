import { isDeepStrictEqual } from "node:util";
import type { SavedLossScale } from "../../cluster/loss_scale.ts";
import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { DataSource } from "../../data/data_source.ts";
import { measureGrowth } from "../../models/growth/grow_snapshot.ts";
import type { GrowingHead } from "../../models/growth/growing_head.ts";
import type { OptimizerSpec } from "../../optimizers/optimizer_spec.ts";
import type { ParameterGroup } from "../../optimizers/parameter_groups.ts";
import type { BaseStrategy } from "../loop/base_strategy.ts";
import type { ClockState } from "../loop/clock.ts";
import type { StrategySettings } from "../loop/strategy_options.ts";
import { namePlugin, type StrategyPlugin } from "../loop/strategy_plugin.ts";
import { hasGroups, makeOptimizer, restoreRates, saveGroups } from "./saved_optimizer.ts";

/** Everything that decides how a strategy goes on, at one moment between two iterations. It owns its arrays. */
export interface StrategySnapshot {
  /** How wide growing heads were. */
  readonly heads: readonly GrowingHead[];
  readonly parameters: Float32Array;
  readonly layerState: Float32Array;
  readonly optimizer: readonly Float32Array[];
  readonly stepCount: number;
  /** Steps of each head of a task, by `layer/task`. Older files have none: each step was for all heads. */
  readonly taskSteps?: Readonly<Record<string, number>>;
  /** There where training steps are computed in float16. */
  readonly lossScale?: SavedLossScale;
  readonly sideSteps: number;
  readonly learningRate: number;
  /** The optimizer's groups of parameters, where it has some. */
  readonly groups?: readonly ParameterGroup[];
  /** There where another optimizer was assigned. */
  readonly optimizerSpec?: OptimizerSpec | undefined;
  /** There where settings were changed since the strategy was made. */
  readonly settings?: StrategySettings | undefined;
  readonly isStopped: boolean;
  readonly randomStreams: Readonly<Record<string, readonly number[]>>;
  readonly clock: ClockState;
  readonly evaluator: unknown;
  /** One entry a plugin, in their order; `state` is null for a plugin that saves nothing. */
  readonly plugins: readonly { readonly name: string; readonly state: SavedState }[];
  /** What a subclass saves of its own. */
  readonly own: SavedState;
}

/** Takes a snapshot; nothing in it changes afterwards. */
export function takeSnapshot(strategy: BaseStrategy): StrategySnapshot {
  const { cluster, clock } = strategy;
  const vectors = cluster.resident.read(() => ({
    parameters: Float32Array.from(cluster.parameters),
    optimizer: cluster.optimizerState.map((vector) => Float32Array.from(vector)),
  }));
  return {
    heads: strategy.heads,
    ...vectors,
    layerState: Float32Array.from(cluster.state),
    stepCount: cluster.stepCount,
    taskSteps: Object.fromEntries(cluster.taskSteps.save()),
    ...omitUndefined({ lossScale: cluster.lossScale.save() }),
    sideSteps: strategy.sideSteps,
    learningRate: strategy.optimizer.learningRate,
    ...saveGroups(strategy.optimizer),
    ...describeChanges(strategy),
    isStopped: strategy.isStopped,
    randomStreams: strategy.randomStreams.save(),
    clock: clock.save(),
    evaluator: strategy.evaluator.save(),
    plugins: strategy.plugins.map((plugin) => ({ name: namePlugin(plugin), state: savePlugin(plugin) })),
    own: strategy.ownState ? strategy.ownState.save() : strategy.saveOwnState(),
  };
}

/**
 * Puts a strategy back to where a snapshot was taken.
 * @throws {RangeError} If the strategy has other plugins, another number of parameters or wider heads.
 */
export async function restoreSnapshot(
  strategy: BaseStrategy,
  snapshot: StrategySnapshot,
  sources: ReadonlyMap<string, DataSource>,
): Promise<void> {
  const { cluster } = strategy;
  const names = strategy.plugins.map(namePlugin);
  const saved = snapshot.plugins.map(({ name }) => name);
  if (names.join() !== saved.join()) {
    throw new RangeRefusal(`the plugins must be ${describeValue(names)}, got ${describeValue(saved)}`);
  }
  await restoreChanges(strategy, snapshot);
  assertSizes(strategy, snapshot);
  await strategy.growHeads(snapshot.heads);
  cluster.parameters.set(snapshot.parameters);
  cluster.state.set(snapshot.layerState);
  for (const [i, vector] of cluster.optimizerState.entries()) vector.set(elementAt(snapshot.optimizer, i));
  cluster.stepCount = snapshot.stepCount;
  const { taskSteps } = snapshot;
  cluster.taskSteps.restore(taskSteps ? new Map(Object.entries(taskSteps)) : snapshot.stepCount);
  if (snapshot.lossScale) cluster.lossScale.restore(snapshot.lossScale);
  strategy.sideSteps = snapshot.sideSteps;
  restoreRates(strategy.optimizer, snapshot);
  strategy.isStopped = snapshot.isStopped;
  strategy.randomStreams.restore(snapshot.randomStreams);
  strategy.clock.restore(snapshot.clock);
  await restorePart("the evaluator", () => strategy.evaluator.restore(snapshot.evaluator));
  const context = { strategy, sources };
  for (const [i, plugin] of strategy.plugins.entries()) {
    const { state } = elementAt(snapshot.plugins, i);
    await restorePart(namePlugin(plugin), () => {
      return plugin.state ? plugin.state.restore(state, context) : plugin.restoreState?.(state, context);
    });
  }
  await restorePart(strategy.constructor.name, () => {
    const { ownState } = strategy;
    return ownState ? ownState.restore(snapshot.own, context) : strategy.restoreOwnState(snapshot.own, sources);
  });
}

function savePlugin(plugin: StrategyPlugin): SavedState {
  return plugin.state ? plugin.state.save() : (plugin.saveState?.() ?? null);
}

/** What is restored comes from a file: vectors of another length are the file's fault. */
async function restorePart(name: string, restore: () => unknown): Promise<void> {
  try {
    await restore();
  } catch (cause) {
    const isOwn = cause instanceof RefusalError;
    if (isOwn || !(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
    throw new RangeRefusal(`${name} cannot be restored from its saved state: ${cause.message}`, { cause });
  }
}

/** What was assigned to the strategy since it was made: who makes it again does not know of it. */
function describeChanges(strategy: BaseStrategy): Pick<StrategySnapshot, "optimizerSpec" | "settings"> {
  const { optimizer, hasOtherOptimizer, hasOtherSettings, options } = strategy;
  const { trainMbSize, trainEpochs, dropLast, evalMbSize } = options;
  return {
    ...(hasOtherOptimizer ? { optimizerSpec: { ...optimizer.spec } } : {}),
    ...(hasOtherSettings ? { settings: { trainMbSize, trainEpochs, dropLast, evalMbSize } } : {}),
  };
}

async function restoreChanges(strategy: BaseStrategy, snapshot: StrategySnapshot): Promise<void> {
  const { settings, optimizerSpec: spec } = snapshot;
  if (settings) strategy.changeSettings(settings);
  if (!spec) return;
  const { optimizer } = strategy;
  const isSame = isDeepStrictEqual({ ...optimizer.spec }, spec) && hasGroups(optimizer, snapshot);
  if (isSame) return;
  strategy.optimizer = makeOptimizer(snapshot, spec);
  await strategy.attachOptimizer();
}

/**
 * Compares a snapshot with the model before anything is made by it: how wide heads were says how much memory they take.
 * @throws {RangeRefusal} If it is of other heads, or a vector has another length.
 */
function assertSizes({ cluster }: BaseStrategy, snapshot: StrategySnapshot): void {
  const { parameters, state } = measureGrowth(cluster.model, snapshot.heads);
  assertLength("parameters", snapshot.parameters, parameters);
  assertLength("layerState", snapshot.layerState, state);
  const vectors = cluster.optimizerState.length;
  if (snapshot.optimizer.length !== vectors) {
    throw new RangeRefusal(`optimizer must have ${vectors} vectors, got ${snapshot.optimizer.length}`);
  }
  for (const vector of snapshot.optimizer) assertLength("optimizer", vector, parameters);
}

function assertLength(name: string, vector: Float32Array, length: number): void {
  if (vector.length === length) return;
  throw new RangeRefusal(`${name} must have ${length} values, got ${vector.length}`);
}
