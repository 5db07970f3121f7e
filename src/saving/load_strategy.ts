import { readFile } from "node:fs/promises";
import type { ClusterOptions } from "../cluster/cluster_options.ts";
import { describeValue, RangeRefusal, RefusalError, SyntaxRefusal } from "../core/errors/errors.ts";
import { withFileNamed } from "../core/errors/system_error.ts";
import { assertOptions, type OptionRules } from "../core/options/assert_options.ts";
import { callback, either, listOf, nothing, objectLike } from "../core/options/value_rules.ts";
import { restoreSources } from "../data/kept_samples.ts";
import type { EvaluationPlugin } from "../evaluation/evaluation_plugin.ts";
import { listMethods } from "../methods/methods.ts";
import { measureGrowth } from "../models/growth/grow_snapshot.ts";
import { createModelFromSnapshot } from "../models/model_snapshot.ts";
import { decodeCheckpoint } from "../runs/checkpoints/checkpoint_codec.ts";
import { assertRegularFile } from "../runs/read_run_files.ts";
import { makeOptimizer } from "../training/checkpoints/saved_optimizer.ts";
import { restoreSnapshot } from "../training/checkpoints/strategy_snapshot.ts";
import type { BaseStrategy } from "../training/loop/base_strategy.ts";
import type { StrategyOptions } from "../training/loop/strategy_options.ts";
import { namePlugin, type StrategyPlugin } from "../training/loop/strategy_plugin.ts";
import { createNamedCriterion, nameCriterion } from "../training/losses/criteria.ts";
import { CrossEntropyLoss } from "../training/losses/cross_entropy_loss.ts";
import { parseSavedStrategy, type SavedStrategy } from "./saved_strategy.ts";

/** What a file cannot hold, and what may be otherwise than before. */
export interface LoadStrategyOptions {
  /**
   * The strategy, made anew as the saved one was: for classes of one's own, or whose options are more than plain data.
   * Nothing else may be given beside it. It is closed where its model turns out to be another one.
   */
  readonly strategy?: BaseStrategy;
  /** The plugins that the strategy was given, made anew in the same order. Default: none. */
  readonly plugins?: readonly StrategyPlugin[];
  /** The criterion that the strategy was given, if it is none of the library or has a class mask. */
  readonly criterion?: StrategyOptions["criterion"];
  /** Metrics and loggers, which begin anew. Default: none. */
  readonly evaluator?: EvaluationPlugin | null;
  /** How the replicas are laid out. Default: as many workers as devices or cores, with the shards that it had. */
  readonly cluster?: ClusterOptions;
}

const LOAD_RULES: OptionRules<LoadStrategyOptions> = {
  strategy: objectLike("a strategy", "train", "predict"),
  plugins: listOf(objectLike("a plugin")),
  criterion: either(callback(), objectLike("a criterion such as new CrossEntropyLoss()", "evaluate")),
  evaluator: either(objectLike("an EvaluationPlugin", "getLastMetrics"), nothing()),
  cluster: objectLike("an object such as { workers: 2 }"),
};

/**
 * The strategy that `saveStrategy` wrote into a file. It predicts with the same bits, and trains on as the saved one
 * would have done. The caller closes it.
 * @throws {RefusalError} If the file is missing, damaged or of another version, or what the strategy was made with is
 *   not given.
 * @example await using strategy = await loadStrategy("strategy.safetensors");
 */
export async function loadStrategy(file: string, options: LoadStrategyOptions = {}): Promise<BaseStrategy> {
  assertOptions("loadStrategy()", options, LOAD_RULES);
  const bytes = await withFileNamed(file, async () => {
    await assertRegularFile(file);
    return readFile(file);
  });
  try {
    const saved = parseSavedStrategy(decodeCheckpoint(bytes));
    const strategy = options.strategy ? admitStrategy(saved, options) : await createStrategy(saved, options);
    try {
      await restoreStrategy(strategy, saved);
    } catch (error) {
      await strategy.close();
      throw error;
    }
    return strategy;
  } catch (cause) {
    if (!(cause instanceof RefusalError)) throw cause;
    const Refusal = cause instanceof SyntaxError ? SyntaxRefusal : RangeRefusal;
    throw new Refusal(`${file}: ${cause.message}`, { cause });
  }
}

async function restoreStrategy(strategy: BaseStrategy, saved: SavedStrategy): Promise<void> {
  await strategy.start();
  const { shapes } = measureGrowth(strategy.cluster.model, saved.snapshot.heads);
  if (shapes !== saved.shapes) {
    throw new RangeRefusal(`it holds another model: its weights have the shapes ${saved.shapes}, got ${shapes}`);
  }
  const snapshot = { ...saved.snapshot, evaluator: strategy.evaluator.save() };
  await restoreSnapshot(strategy, snapshot, restoreSources(saved.sources));
  strategy.labels.restore(saved.labels);
}

/** What the file says is compared with what was made. */
function admitStrategy(saved: SavedStrategy, { strategy, ...others }: LoadStrategyOptions): BaseStrategy {
  if (!strategy) throw new RangeRefusal("there must be a strategy");
  const [other] = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (other !== undefined) throw new RangeRefusal(`strategy must be given alone, got ${other}, too: make it with that`);
  assertSame("strategy", saved.className, strategy.constructor.name);
  assertSame("seed", saved.options.seed, strategy.options.seed);
  assertSame("cluster.logicalShards", saved.options.logicalShards, strategy.options.cluster.logicalShards);
  return strategy;
}

async function createStrategy(saved: SavedStrategy, given: LoadStrategyOptions): Promise<BaseStrategy> {
  const { method, own, snapshot, topology, optimizer } = saved;
  const { plugins = [], evaluator = null } = given;
  const found = listMethods("strategy").find(({ name }) => name === method);
  if (!found || own === null) {
    const cure = `make it anew with its own options and pass it: loadStrategy(file, { strategy: new ${saved.className}(…) })`;
    throw new RangeRefusal(
      `it holds a strategy of the class ${saved.className}, which this function cannot make; ${cure}`,
    );
  }
  assertSame("plugins", saved.plugins.join(", ") || "none", plugins.map(namePlugin).join(", ") || "none");
  const criterion = makeCriterion(saved.criterion, given.criterion);
  const { logicalShards, engine, ...options } = saved.options;
  const { strategy: Class } = await found.load();
  if (!Class) throw new RangeRefusal(`the method ${describeValue(method)} must be a strategy`);
  const model = await createModelFromSnapshot({
    topology,
    parameters: snapshot.parameters,
    state: snapshot.layerState,
  });
  const whole: StrategyOptions = {
    ...own,
    ...options,
    model,
    optimizer: makeOptimizer(snapshot, optimizer),
    plugins,
    ...(criterion === undefined ? {} : { criterion }),
    evaluator,
    cluster: { logicalShards, engine, ...given.cluster },
  };
  const strategy: BaseStrategy = Reflect.construct(Class, [whole]);
  return strategy;
}

/** The criterion that a strategy was saved with; undefined for the default. */
function makeCriterion(
  saved: SavedStrategy["criterion"],
  given: LoadStrategyOptions["criterion"],
): LoadStrategyOptions["criterion"] {
  if (typeof saved === "string") {
    if (given === undefined) throw new RangeRefusal(`criterion must be given, made anew as it was: ${saved}`);
    return given;
  }
  const made = saved === null ? undefined : createNamedCriterion(saved);
  if (given === undefined) return made;
  assertSame("criterion", describeCriterion(made ?? new CrossEntropyLoss()), describeCriterion(given));
  return given;
}

function describeCriterion(criterion: NonNullable<LoadStrategyOptions["criterion"]>): string {
  const choice = nameCriterion(criterion);
  return choice ? `${choice.name} ${JSON.stringify(choice.options)}` : criterion.constructor.name;
}

function assertSame(name: string, saved: string | number, given: string | number): void {
  if (saved === given) return;
  throw new RangeRefusal(
    `${name} must be as it was when it was saved, ${describeValue(saved)}, got ${describeValue(given)}`,
  );
}
