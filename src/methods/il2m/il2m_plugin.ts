import { elementAt } from "../../core/element_at.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import { declareState, type Field, idSet, mapById, number, part, record } from "../../core/state/state.ts";
import type { Dataset } from "../../data/dataset.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import { resolveStoragePolicy } from "../../memory/buffers/resolve_storage_policy.ts";
import { SingleDatasetDataLoader } from "../../memory/loaders/single_dataset_data_loader.ts";
import type { HeadForm } from "../../onnx/export/head_form.ts";
import type { RectifiedHead } from "../../onnx/export/prediction_head.ts";
import { isOnlineExperience } from "../../streams/online_experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { ReplayPlugin } from "../replay/replay_plugin.ts";
import { strategyWith } from "../strategy_with.ts";
import { type IL2MOptions, il2m } from "./options.ts";

/** What is known of a class besides its exemplars. */
export interface ClassMemory {
  /** Mean probability of the class on its own samples, after the experience that brought it. */
  readonly initialScore: number;
  /** The same on its exemplars, after the last experience. */
  readonly score: number;
  /** Mean largest probability on the new samples of the experience that brought it. */
  readonly initialConfidence: number;
}

const CLASS_MEMORY: Field<ClassMemory> = record({
  initialScore: number(),
  score: number(),
  initialConfidence: number(),
});

/**
 * IL2M: replay, and a second memory of how surely each class was recognised when it was new. In evaluation, where the
 * model predicts one of the newest classes, every old class's probability is multiplied by (its initial / its present
 * mean score) · (present / initial confidence of the model). `mbOutput` then holds logits of the corrected
 * probabilities. The exported model gives the corrected logits, too.
 *
 * Scores are probabilities as in the paper. On an online stream they are taken at the end of each original experience,
 * from what is remembered.
 * @see Belouadah and Popescu 2019, IL2M: Class Incremental Learning With Dual Memory, ICCV
 */
export class IL2MPlugin implements StrategyPlugin {
  readonly name = "IL2MPlugin";
  readonly targets = CLASSES_ONLY;
  readonly traits: readonly Trait[] = ["replacesDataloader", "needsHardLabels"];
  readonly excludes: readonly Trait[] = ["replacesDataloader", "replacesPredictions"];
  readonly #replay: ReplayPlugin;
  readonly #state;
  readonly state: PluginState;

  /** @throws {RangeError} If a size is out of range, or the storage policy keeps another number of samples. */
  constructor(given: IL2MOptions = {}) {
    const options = resolveOptions("IL2MPlugin", given, il2m.options);
    this.#replay = new ReplayPlugin({ ...options, storagePolicy: resolveStoragePolicy("IL2MPlugin", options) });
    this.#state = declareState("IL2MPlugin", {
      buffer: part(this.#replay.state),
      newest: idSet(),
      classes: mapById(CLASS_MEMORY),
      confidence: number(1),
    });
    this.state = this.#state;
  }

  /** What is known of every class by its id; borrowed. */
  get classes(): ReadonlyMap<number, ClassMemory> {
    return this.#state.classes;
  }

  rehearse(strategy: BaseStrategy): RehearseExperience {
    return this.#replay.rehearse(strategy);
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    this.#replay.beforeTrainingExp(strategy);
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    await this.#replay.afterTrainingExp(strategy);
    const { experience } = strategy;
    const isOnline = isOnlineExperience(experience);
    if (isOnline && !experience.isLastSubexp) return;
    const { buffer } = this.#replay.storagePolicy;
    this.#state.newest = new Set(experience.classesInThisExperience);
    const isNew = (position: number) => this.#state.newest.has(elementAt(buffer.targets, position));
    const positions = [...buffer.targets.keys()];
    const fresh = isOnline ? buffer.subset(positions.filter(isNew)) : experience.dataset;
    const { confidence, scores } = await measureScores(strategy, fresh);
    this.#state.confidence = confidence;
    for (const [id, score] of scores) {
      this.#state.classes.set(id, { initialScore: score, score, initialConfidence: confidence });
    }
    const old = await measureScores(strategy, buffer.subset(positions.filter((position) => !isNew(position))));
    for (const [id, score] of old.scores) {
      const known = this.#state.classes.get(id);
      if (known) this.#state.classes.set(id, { ...known, score });
    }
  }

  afterEvalForward(strategy: BaseStrategy): void {
    strategy.mbOutput = rectifyOutputs(strategy.mbOutput, this.#rectification);
  }

  predictionHead(): RectifiedHead {
    return { kind: "rectified", ...this.#rectification };
  }

  predictionHeadForm(): HeadForm {
    return { kind: "rectified" };
  }

  /** The factors of the old classes that have one. */
  get #rectification(): Rectification {
    const factors = new Map<number, number>();
    for (const [id, { initialScore, score, initialConfidence }] of this.#state.classes) {
      const factor = (initialScore / score) * (this.#state.confidence / initialConfidence);
      if (!this.#state.newest.has(id) && Number.isFinite(factor) && factor > 0) factors.set(id, factor);
    }
    return { newest: this.#state.newest, factors };
  }
}

/** Incremental learning with dual memory: an `IL2MPlugin` after the other plugins. */
export class IL2M extends strategyWith(IL2MPlugin, il2m.options) {}

/** What becomes of logits: see `rectifyOutputs`. */
type Rectification = Omit<RectifiedHead, "kind">;

/**
 * Logits [B, C] in which, where the largest is one of the newest classes, the other classes' probabilities have been
 * multiplied by their factors, up to a common factor. The caller owns the result.
 */
export function rectifyOutputs({ data, shape }: HostTensor, { newest, factors }: Rectification): HostTensor {
  const [rows, columns] = matrixShape(shape);
  const rectified = Float32Array.from(data);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    const logits = data.subarray(start, start + columns);
    if (!newest.has(logits.indexOf(Math.max(...logits)))) continue;
    for (const [id, factor] of factors) rectified[start + id] = (data[start + id] ?? 0) + Math.log(factor);
  }
  return { data: rectified, shape };
}

/** The mean probability of every class on its own samples, and the mean largest probability on all. */
async function measureScores(
  strategy: BaseStrategy,
  samples: Dataset,
): Promise<{ readonly confidence: number; readonly scores: ReadonlyMap<number, number> }> {
  const sums = new Map<number, { sum: number; count: number }>();
  let confidence = 0;
  const loader = new SingleDatasetDataLoader({ dataset: samples, batchSize: strategy.evalMbSize, shuffle: false });
  for (const minibatch of loader.iterate()) {
    const { data, shape } = await strategy.forwardWith(strategy.parameters, minibatch);
    const columns = elementAt(shape, 1);
    for (const [row, y] of minibatch.targets.entries()) {
      const logits = data.subarray(row * columns, (row + 1) * columns);
      const largest = Math.max(...logits);
      const logSum = logSumExp(logits);
      const { sum, count } = sums.get(y) ?? { sum: 0, count: 0 };
      sums.set(y, { sum: sum + Math.exp(elementAt(logits, y) - logSum), count: count + 1 });
      confidence += Math.exp(largest - logSum) / samples.length;
    }
  }
  return { confidence, scores: new Map([...sums].map(([id, { sum, count }]) => [id, sum / count])) };
}

/** By the names under which a list of methods loads them. */
export { IL2M as strategy, IL2MPlugin as plugin };
