import { elementAt } from "../../core/element_at.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { declareState, part } from "../../core/state/state.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import { resolveStoragePolicy } from "../../memory/buffers/resolve_storage_policy.ts";
import type { HeadForm } from "../../onnx/export/head_form.ts";
import type { ByTaskHead, CosineHead } from "../../onnx/export/prediction_head.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import type { LossAndGradient } from "../../training/losses/loss_and_gradient.ts";
import { createUnitRows } from "../../training/losses/supervised_contrast.ts";
import { assertFixedOutputs } from "../../training/model/named_layer.ts";
import { ReplayPlugin } from "../replay/replay_plugin.ts";
import { measureLength } from "../shared/classifiers/feature_classifier.ts";
import { strategyWith } from "../strategy_with.ts";
import { ClassPrototypes } from "./class_prototypes.ts";
import { type CoPEOptions, cope } from "./options.ts";
import { evaluatePrototypeLoss, type PrototypeComparison } from "./prototype_loss.ts";

/**
 * CoPE: every class has a prototype on the unit sphere, which follows the embeddings of its samples, p ← norm(αp + (1 −
 * α)f̄) after every step; the loss draws samples to their prototype and off the others'. A prototype begins in a random
 * direction when its class first comes. Evaluation predicts the nearest prototype: `mbOutput` holds the cosines. Where
 * samples have task labels, a class is its id and its task, and a sample is compared with the classes of its task. The
 * model's outputs are the embeddings, whatever their number. Takes the place of the criterion. The exported model gives
 * the cosines, too.
 * @see De Lange and Tuytelaars 2021, Continual Prototype Evolution: Learning Online from Non-Stationary Data Streams,
 * arXiv:2009.00919
 */
export class CoPEPlugin implements StrategyPlugin {
  readonly name = "CoPEPlugin";
  readonly targets = CLASSES_ONLY;
  readonly traits: readonly Trait[] = ["replacesDataloader", "replacesPredictions", "needsHardLabels"];
  readonly excludes: readonly Trait[] = ["replacesDataloader", "replacesPredictions"];
  readonly #replay: ReplayPlugin;
  readonly #alpha: number;
  readonly #comparison: Pick<PrototypeComparison, "temperature" | "compatibility">;
  readonly #prototypes = new ClassPrototypes();
  /** The minibatch's classes [B], as the prototypes number them. */
  #numbers: Int32Array = new Int32Array(0);
  readonly state: PluginState;

  /** @throws {RangeError} If an option is out of range, or the storage policy keeps another number of samples. */
  constructor(given: CoPEOptions = {}) {
    const options = resolveOptions("CoPEPlugin", given, cope.options);
    const { memSize, batchSizeMem, alpha, temperature, compatibility } = options;
    const storagePolicy = resolveStoragePolicy("CoPEPlugin", options);
    this.#replay = new ReplayPlugin({ memSize, batchSizeMem, storagePolicy });
    this.#alpha = alpha;
    this.#comparison = { temperature, compatibility };
    this.state = declareState("CoPEPlugin", { buffer: part(this.#replay.state), prototypes: part(this.#prototypes) });
  }

  /** The prototype [D] of every class of task 0, to which samples without task labels belong; of length 1, borrowed. */
  get prototypes(): ReadonlyMap<number, Float64Array> {
    return this.prototypesOf(0);
  }

  /** The prototype [D] of every class of a task, by class id; of length 1, borrowed. */
  prototypesOf(taskLabel: number): ReadonlyMap<number, Float64Array> {
    return this.#prototypes.ofTask(taskLabel);
  }

  assertUsable({ model }: StrategySetup): void {
    assertFixedOutputs("CoPEPlugin", model);
  }

  rehearse(strategy: BaseStrategy): RehearseExperience {
    return this.#replay.rehearse(strategy);
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    this.#replay.beforeTrainingExp(strategy);
  }

  criterion(strategy: BaseStrategy): LossAndGradient {
    const { mbOutput, mbatch, randomStreams } = strategy;
    const [, width] = matrixShape(mbOutput.shape);
    const y = this.#prototypes.numberRows(mbatch, () => drawDirection(width, randomStreams.get("cope")));
    this.#numbers = y;
    return evaluatePrototypeLoss(mbOutput, y, { prototypes: this.#prototypes.vectors, ...this.#comparison });
  }

  afterUpdate({ mbOutput }: BaseStrategy): void {
    this.#prototypes.follow(averageDirections(mbOutput, this.#numbers), this.#alpha);
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    await this.#replay.afterTrainingExp(strategy);
  }

  afterEvalForward(strategy: BaseStrategy): void {
    const { mbOutput } = strategy;
    const [rows, width] = matrixShape(mbOutput.shape);
    const unit: HostTensor = { data: Float32Array.from(createUnitRows(mbOutput).data), shape: [rows, width] };
    strategy.mbOutput = this.#prototypes.score(unit, { width, taskLabels: strategy.mbTaskId });
  }

  predictionHead(): CosineHead | ByTaskHead | undefined {
    return this.#prototypes.describeHead();
  }

  predictionHeadForm(): HeadForm {
    return { kind: "cosine" };
  }
}

/** Continual prototype evolution: a `CoPEPlugin` after the other plugins. */
export class CoPE extends strategyWith(CoPEPlugin, cope.options) {}

/** The mean of each class's embeddings at length 1, itself brought to length 1: [D] by label. The caller owns it. */
export function averageDirections(output: HostTensor, y: Int32Array): Map<number, Float64Array> {
  const width = elementAt(output.shape, 1);
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

/** By the names under which a list of methods loads them. */
export { CoPE as strategy, CoPEPlugin as plugin };
