import { assertCompatibility, type Compatibility } from "../../core/compatibility.ts";
import { assertInRange } from "../../core/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { parseSavedList, parseSavedNumber, parseSavedRecord, type SavedState } from "../../core/saved_state.ts";
import { ClassBalancedBuffer } from "../../memory/class_balanced_buffer.ts";
import { type MemoryOptions, resolveStoragePolicy } from "../../memory/resolve_storage_policy.ts";
import type { CosineHead } from "../../onnx/export/prediction_head.ts";
import type { BaseStrategy } from "../base_strategy.ts";
import { measureLength, scoreRows } from "../classifiers/feature_classifier.ts";
import type { Trait } from "../combination_rules.ts";
import type { LossAndGradient } from "../losses/loss_and_gradient.ts";
import { evaluatePrototypeLoss, type PrototypeComparison } from "../losses/prototype_loss.ts";
import { createUnitRows } from "../losses/supervised_contrast.ts";
import { assertFixedOutputs } from "../named_layer.ts";
import type { RestoreContext, StrategyPlugin, StrategySetup } from "../strategy_plugin.ts";
import { ReplayPlugin } from "./replay_plugin.ts";

/** What continual prototype evolution remembers, and how its prototypes move. */
export interface CoPEOptions extends MemoryOptions {
  /** Remembered samples added to each minibatch; the strategy's minibatch size if left out. */
  readonly batchSizeMem?: number;
  /** α, how much of a prototype stays at every step; 0.99 if left out. */
  readonly alpha?: number;
  /** T of the loss; 0.1 if left out. */
  readonly temperature?: number;
  /**
   * Whether samples move away from those of other classes that are pushed off them: "paper", as in the code of the
   * paper's authors, or not: "avalanche". "paper" if left out.
   */
  readonly compatibility?: Compatibility;
}

/**
 * CoPE: every class has a prototype on the unit sphere, which follows the embeddings of its samples, p ← norm(αp + (1 −
 * α)f̄) after every step; the loss draws samples to their prototype and off the others'. A prototype begins in a random
 * direction when its class first comes. Evaluation predicts the nearest prototype: `mbOutput` holds the cosines. The
 * model's outputs are the embeddings, whatever their number. Takes the place of the criterion. The exported model gives
 * the cosines, too.
 * @see De Lange and Tuytelaars 2021, Continual Prototype Evolution: Learning Online from Non-Stationary Data Streams,
 * arXiv:2009.00919
 */
export class CoPEPlugin implements StrategyPlugin {
  readonly name = "CoPEPlugin";
  readonly traits: readonly Trait[] = ["replacesDataloader", "replacesPredictions"];
  readonly excludes: readonly Trait[] = ["replacesDataloader", "replacesPredictions"];
  readonly #replay: ReplayPlugin;
  readonly #alpha: number;
  readonly #comparison: Pick<PrototypeComparison, "temperature" | "compatibility">;
  readonly #prototypes = new Map<number, Float64Array>();

  /** @throws {RangeError} If an option is out of range, or the storage policy keeps another number of samples. */
  constructor(options: CoPEOptions = {}) {
    const { memSize = 200, batchSizeMem, alpha = 0.99, temperature = 0.1, compatibility = "paper" } = options;
    const act = "create CoPEPlugin";
    const createDefault = (maxSize: number) => new ClassBalancedBuffer({ maxSize });
    const storagePolicy = resolveStoragePolicy(act, { ...options, memSize }, createDefault);
    assertInRange(act, "alpha", alpha, [0, 1]);
    assertInRange(act, "temperature", temperature, [Number.MIN_VALUE, Number.MAX_VALUE]);
    assertCompatibility(act, compatibility);
    const sizes = { memSize, ...(batchSizeMem === undefined ? {} : { batchSizeMem }) };
    this.#replay = new ReplayPlugin({ ...sizes, storagePolicy });
    this.#alpha = alpha;
    this.#comparison = { temperature, compatibility };
  }

  /** The prototype [D] of every class, of length 1; borrowed. */
  get prototypes(): ReadonlyMap<number, Float64Array> {
    return this.#prototypes;
  }

  assertUsable({ model }: StrategySetup): void {
    assertFixedOutputs("use CoPEPlugin", model);
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    this.#replay.beforeTrainingExp(strategy);
  }

  criterion({ mbOutput, mbY, randomStreams }: BaseStrategy): LossAndGradient {
    for (const id of mbY) {
      if (this.#prototypes.has(id)) continue;
      this.#prototypes.set(id, drawDirection(mbOutput.shape[1] ?? 0, randomStreams.get("cope")));
    }
    return evaluatePrototypeLoss(mbOutput, mbY, { prototypes: this.#prototypes, ...this.#comparison });
  }

  afterUpdate({ mbOutput, mbY }: BaseStrategy): void {
    for (const [id, mean] of averageDirections(mbOutput, mbY)) {
      const moved = mean.map((value, i) => {
        return this.#alpha * (this.#prototypes.get(id)?.[i] ?? 0) + (1 - this.#alpha) * value;
      });
      const length = measureLength(moved);
      this.#prototypes.set(
        id,
        moved.map((value) => value / length),
      );
    }
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    await this.#replay.afterTrainingExp(strategy);
  }

  afterEvalForward(strategy: BaseStrategy): void {
    const { mbOutput } = strategy;
    const [rows = 0, width = 0] = mbOutput.shape;
    const unit: HostTensor = { data: Float32Array.from(createUnitRows(mbOutput).data), shape: [rows, width] };
    const ids = [...this.#prototypes.keys()];
    strategy.mbOutput = scoreRows(unit, { width, ids }, (row, scores) => {
      for (const [k, id] of ids.entries()) {
        const prototype = this.#prototypes.get(id) ?? new Float64Array(width);
        scores[k] = prototype.reduce((sum, value, i) => sum + value * (row[i] ?? 0), 0);
      }
    });
  }

  predictionHead(): CosineHead | undefined {
    return this.#prototypes.size > 0 ? { kind: "cosine", prototypes: this.#prototypes } : undefined;
  }

  saveState(): SavedState {
    const prototypes = [...this.#prototypes].map(([id, vector]) => ({ id, vector }));
    return { buffer: this.#replay.saveState(), prototypes };
  }

  restoreState(saved: SavedState, context: RestoreContext): void {
    const act = "restore CoPEPlugin";
    const { buffer = null, prototypes } = parseSavedRecord(act, saved);
    this.#replay.restoreState(buffer, context);
    this.#prototypes.clear();
    for (const entry of parseSavedList(act, prototypes)) {
      const { id, vector } = parseSavedRecord(act, entry);
      if (vector instanceof Float64Array) this.#prototypes.set(parseSavedNumber(act, id), vector.slice());
    }
  }
}

/** The mean of each class's embeddings at length 1, itself brought to length 1: [D] by class id. The caller owns it. */
export function averageDirections(output: HostTensor, y: Int32Array): Map<number, Float64Array> {
  const width = output.shape[1] ?? 0;
  const { data } = createUnitRows(output);
  const sums = new Map<number, Float64Array>();
  for (const [row, id] of y.entries()) {
    const sum = sums.get(id) ?? new Float64Array(width);
    for (let i = 0; i < width; i++) sum[i] = (sum[i] ?? 0) + (data[row * width + i] ?? 0);
    sums.set(id, sum);
  }
  return new Map([...sums].map(([id, sum]) => [id, sum.map((value) => value / measureLength(sum))]));
}

function drawDirection(width: number, random: RandomStream): Float64Array {
  const vector = Float64Array.from({ length: width }, () => random.normal());
  const length = measureLength(vector);
  return vector.map((value) => value / length);
}
