import { writeAtomically } from "../core/write_atomically.ts";
import { keepSamples } from "../data/kept_samples.ts";
import { listMethods } from "../methods/methods.ts";
import { measureGrowth } from "../models/growth/grow_snapshot.ts";
import { encodeCheckpoint } from "../runs/checkpoints/checkpoint_codec.ts";
import { flattenState } from "../runs/checkpoints/state_tree.ts";
import { withStorage } from "../runs/storage_error.ts";
import { takeSnapshot } from "../training/checkpoints/strategy_snapshot.ts";
import type { BaseStrategy } from "../training/loop/base_strategy.ts";
import { namePlugin } from "../training/loop/strategy_plugin.ts";
import { nameCriterion } from "../training/losses/criteria.ts";
import type { Criterion, CriterionFunction } from "../training/losses/criterion.ts";
import type { SavedStrategy } from "./saved_strategy.ts";

/**
 * Writes a strategy into one file, whole or not at all: its model, optimizer, plugins, random streams, and memories
 * with their samples. `loadStrategy` gives it back. What metrics have measured is left out.
 * @throws {RefusalError} While `train`, `eval` or `predict` goes on.
 * @throws {StorageError} If the file cannot be written; one that was there before is untouched then.
 * @example await saveStrategy(strategy, "strategy.safetensors");
 */
export async function saveStrategy(strategy: BaseStrategy, file: string): Promise<void> {
  strategy.assertIdle("saveStrategy()");
  await strategy.start();
  const method = await findMethodName(strategy);
  // Somebody may have called it meanwhile.
  strategy.assertIdle("saveStrategy()");
  const bytes = encodeCheckpoint(describeStrategy(strategy, method));
  await withStorage(`write ${file}`, () => writeAtomically(file, bytes));
}

function describeStrategy(strategy: BaseStrategy, method: string | null): SavedStrategy {
  const { options, optimizer, cluster, heads } = strategy;
  const { own, plugins, criterion } = strategy.madeWith;
  const { trainMbSize, trainEpochs, dropLast, evalMbSize, evalEvery, evalMode, seed } = options;
  const { logicalShards, engine } = options.cluster;
  const { saved, sources } = keepSamples(() => takeSnapshot(strategy));
  return {
    kind: "strategy",
    version: 1,
    className: strategy.constructor.name,
    method,
    own: readPlain(own),
    plugins: plugins.map(namePlugin),
    criterion: criterion === undefined ? null : describeCriterion(criterion),
    options: { trainMbSize, trainEpochs, dropLast, evalMbSize, evalEvery, evalMode, seed, logicalShards, engine },
    optimizer: { ...optimizer.spec },
    topology: cluster.model.topology,
    shapes: measureGrowth(cluster.model, heads).shapes,
    labels: strategy.labels.save(),
    sources,
    snapshot: { ...saved, evaluator: null },
  };
}

/** The name of the method whose strategy has exactly this class. */
async function findMethodName(strategy: BaseStrategy): Promise<string | null> {
  for (const { name, load } of listMethods("strategy")) {
    if ((await load()).strategy === strategy.constructor) return name;
  }
  return null;
}

function readPlain(own: object): SavedStrategy["own"] {
  try {
    flattenState(own);
    return { ...own };
  } catch {
    return null;
  }
}

function describeCriterion(criterion: Criterion | CriterionFunction): NonNullable<SavedStrategy["criterion"]> {
  const choice = nameCriterion(criterion);
  const options = choice && readPlain(choice.options);
  if (choice && options) return { name: choice.name, options };
  return typeof criterion === "function" ? "a function" : criterion.constructor.name;
}
