import { elementAt } from "../../core/element_at.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import { declareState, optional, part } from "../../core/state/state.ts";
import { Dataset } from "../../data/dataset.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import { ParametricBuffer } from "../../memory/buffers/parametric_buffer.ts";
import { RehearsedMemory } from "../../memory/buffers/rehearsed_memory.ts";
import { HerdingSelectionStrategy } from "../../memory/selection/selection_strategy.ts";
import { TaskBalancedSelectionStrategy } from "../../memory/selection/task_balanced_selection.ts";
import type { HeadForm } from "../../onnx/export/head_form.ts";
import type { PredictionHead } from "../../onnx/export/prediction_head.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { evaluateBinaryCrossEntropy, sigmoid } from "../../training/losses/binary_cross_entropy.ts";
import type { LossAndGradient } from "../../training/losses/loss_and_gradient.ts";
import { CLASSES_BY_TASK, groupClassesByTask, joinClassesByTask } from "../../training/model/classes_by_task.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { assertFeatureLayer, findFeatureLayer } from "../../training/model/named_layer.ts";
import { extractByTask } from "../shared/classifiers/extract_by_task.ts";
import { NCMClassifier } from "../shared/classifiers/ncm_classifier.ts";
import { TaskClassifiers } from "../shared/classifiers/task_classifiers.ts";
import { Teacher, teacherField } from "../shared/teacher.ts";
import { strategyWith } from "../strategy_with.ts";
import { type ICaRLOptions, icarl } from "./options.ts";

/**
 * iCaRL: trains on new samples and exemplars together, with a binary cross-entropy for every class seen: an old class's
 * target is what the model of the last experience's end says, a new class's is the label. Exemplars are herded on
 * features of length 1, and evaluation predicts the class with the nearest mean of exemplars, among the classes of the
 * sample's task where there are task labels. Takes the place of the criterion; works on any stream, and needs no class
 * order. The loss is a mean over the samples and the classes seen.
 * Exemplars are not mirrored. The exported model predicts by these means, too.
 * @see Rebuffi et al. 2017, iCaRL: Incremental Classifier and Representation Learning, arXiv:1611.07725
 */
export class ICaRLPlugin implements StrategyPlugin {
  readonly name = "ICaRLPlugin";
  readonly targets = CLASSES_ONLY;
  readonly traits: readonly Trait[] = ["replacesAdaptedDataset", "replacesPredictions", "needsHardLabels"];
  readonly excludes: readonly Trait[] = ["replacesAdaptedDataset", "replacesPredictions"];
  readonly exemplars: ParametricBuffer;
  readonly #memSize: number;
  readonly #fixedMemory: boolean;
  readonly #layerName: string | undefined;
  readonly #temperature: number;
  readonly #classifiers = new TaskClassifiers(() => new NCMClassifier({ normalize: true }));
  readonly #state;
  readonly state: PluginState;

  /** @throws {RangeError} If the size or the temperature is out of range. */
  constructor(given: ICaRLOptions = {}) {
    const options = resolveOptions("ICaRLPlugin", given, icarl.options);
    const { memSize, fixedMemory, layerName, temperature } = options;
    this.#temperature = temperature;
    this.#memSize = memSize;
    this.#fixedMemory = fixedMemory;
    this.#layerName = layerName;
    const features = { normalize: true, ...(layerName === undefined ? {} : { layerName }) };
    const selectionStrategy = new TaskBalancedSelectionStrategy(new HerdingSelectionStrategy(features));
    this.exemplars = new ParametricBuffer({ maxSize: memSize, groupBy: "class", selectionStrategy });
    this.#state = declareState("ICaRLPlugin", {
      exemplars: part(this.exemplars),
      teacher: optional(teacherField()),
      /** The classes that the teacher knows, by task label. */
      classes: CLASSES_BY_TASK,
    });
    this.state = this.#state;
  }

  assertUsable({ model }: StrategySetup): void {
    assertFeatureLayer("ICaRLPlugin", model, this.#layerName);
  }

  rehearse(): RehearseExperience {
    const memory = new RehearsedMemory(this.exemplars.maxSize, this.exemplars.bufferGroups);
    const known = new Set(this.#known);
    return (expected, experience) => {
      const dataset = Dataset.concat([expected.dataset, memory.samples]);
      for (const id of experience.classesInThisExperience) known.add(id);
      if (!this.#fixedMemory) memory.resize(this.#memSize * known.size);
      memory.update(experience.dataset);
      return { ...expected, dataset };
    };
  }

  afterTrainDatasetAdaptation(strategy: BaseStrategy): void {
    strategy.adaptedDataset = Dataset.concat([strategy.adaptedDataset, this.exemplars.buffer]);
  }

  async criterion(strategy: BaseStrategy): Promise<LossAndGradient> {
    const { mbatch, mbOutput, mbY, experience } = strategy;
    const teacher = await this.#state.teacher?.forward(strategy, mbatch);
    const present = new Set(experience.classesInThisExperience);
    // A class that comes again, or goes on in the next piece of an online stream, is learnt from its labels.
    const known = this.#known.difference(present);
    const targets = createTargets(mbOutput, mbY, { teacher, known, temperature: this.#temperature });
    const seen = this.#known.union(present);
    return evaluateBinaryCrossEntropy(mbOutput, targets, { columns: seen });
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    this.#state.classes = joinClassesByTask(this.#state.classes, groupClassesByTask(strategy.experience));
    this.#state.teacher = Teacher.copy(strategy);
    const classCount = [...this.#state.classes.values()].reduce((sum, ids) => sum + ids.length, 0);
    if (!this.#fixedMemory) this.exemplars.resize(this.#memSize * classCount);
    await this.exemplars.update(strategy);
  }

  afterModelGrowth(strategy: BaseStrategy, growth: ModelGrowth): void {
    this.#state.teacher = this.#state.teacher?.grow(strategy, growth);
  }

  async beforeEval(strategy: BaseStrategy): Promise<void> {
    this.#classifiers.learn(await extractByTask(strategy, this.exemplars.buffer, this.#layerName));
  }

  async afterEvalForward(strategy: BaseStrategy): Promise<void> {
    // Before anything was learnt the network's own outputs stand.
    if (this.#state.classes.size === 0) return;
    const features = await strategy.extractFeatures(strategy.mbatch, this.#layerName);
    const [, width] = matrixShape(strategy.mbOutput.shape);
    strategy.mbOutput = this.#classifiers.score(features, { width, taskLabels: strategy.mbTaskId });
  }

  predictionHead({ model }: BaseStrategy): PredictionHead | undefined {
    return this.#classifiers.describeHead(this.#layerName ?? findFeatureLayer(model));
  }

  predictionHeadForm({ model }: BaseStrategy): HeadForm {
    return { kind: "nearestMean", layerName: this.#layerName ?? findFeatureLayer(model), normalize: true };
  }

  get #known(): ReadonlySet<number> {
    return new Set([...this.#state.classes.values()].flat());
  }
}

/** Incremental classifier and representation learning: an `ICaRLPlugin` after the other plugins. */
export class ICaRL extends strategyWith(ICaRLPlugin, icarl.options) {}

/** What a teacher says of the classes that it knows. */
interface Teaching {
  readonly teacher: HostTensor | undefined;
  readonly known: ReadonlySet<number>;
  readonly temperature: number;
}

/** Targets [B, C]: the label's, and for classes that the teacher knows its σ(z/T). The caller owns them. */
export function createTargets(
  { data, shape }: HostTensor,
  y: Int32Array,
  { teacher, known, temperature }: Teaching,
): Float32Array {
  const columns = elementAt(shape, 1);
  const targets = new Float32Array(data.length);
  for (const [row, label] of y.entries()) {
    targets[row * columns + label] = 1;
    if (!teacher) continue;
    for (const id of known) {
      const position = row * columns + id;
      targets[position] = sigmoid((teacher.data[position] ?? 0) / temperature);
    }
  }
  return targets;
}

/** By the names under which a list of methods loads them. */
export { ICaRL as strategy, ICaRLPlugin as plugin };
