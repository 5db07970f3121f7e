import { assertInRange, RangeRefusal } from "../../core/errors/errors.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import { RandomStream } from "../../core/random_stream.ts";
import { declareState, type Field, idSet, number, optional, part, record } from "../../core/state/state.ts";
import { Dataset } from "../../data/dataset.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import { groupPositions } from "../../data/group_positions.ts";
import { ClassBalancedBuffer } from "../../memory/buffers/class_balanced_buffer.ts";
import { listGroups, RehearsedMemory } from "../../memory/buffers/rehearsed_memory.ts";
import type { HeadForm } from "../../onnx/export/head_form.ts";
import type { AffineHead } from "../../onnx/export/prediction_head.ts";
import type { Experience } from "../../streams/experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import { nameExperience, type RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { addDistillation } from "../../training/losses/distillation.ts";
import type { LossAndGradient } from "../../training/losses/loss_and_gradient.ts";
import { addCrossEntropy } from "../../training/losses/partial_cross_entropy.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { Teacher, teacherField } from "../shared/teacher.ts";
import { strategyWith } from "../strategy_with.ts";
import { type BiasCorrection, correctBias, fitBiasCorrection } from "./bias_correction.ts";
import { type BiCOptions, bic } from "./options.ts";

const CORRECTION: Field<BiasCorrection> = record({ classes: idSet(), alpha: number(), beta: number() });

/**
 * BiC: trains on new samples and exemplars with λ · distillation + (1 − λ) · cross-entropy, and corrects the logits of
 * the newest classes by αo + β, fitted at each experience's end on held-out samples, the same number of every class.
 * The correction is applied in evaluation, and to the teacher of the next experience. Old classes are those that the
 * experience does not bring: where there are none, training is plain replay. Takes the place of the criterion.
 *
 * α and β are fitted to convergence by Newton's method, with a slight pull to the identity, rather than by some epochs
 * of gradient descent. Distillation is written as a divergence: it differs from the paper's cross-entropy by a
 * constant. The exported model gives the corrected logits, too.
 * @see Wu et al. 2019, Large Scale Incremental Learning, arXiv:1905.13260
 */
export class BiCPlugin implements StrategyPlugin {
  readonly name = "BiCPlugin";
  readonly targets = CLASSES_ONLY;
  readonly traits: readonly Trait[] = ["replacesAdaptedDataset", "needsHardLabels"];
  readonly excludes: readonly Trait[] = ["replacesAdaptedDataset", "replacesPredictions"];
  readonly #temperature: number;
  readonly #lambda: number | undefined;
  readonly #training: ClassBalancedBuffer;
  readonly #validation: ClassBalancedBuffer;
  /** The current experience's samples that are trained on. */
  #current = Dataset.empty();
  readonly #state;
  readonly state: PluginState;

  /** @throws {RangeError} If an option is out of range, or one part of the memory would be empty. */
  constructor(given: BiCOptions = {}) {
    const options = resolveOptions("BiCPlugin", given, bic.options);
    const { memSize, valPercentage, temperature, lambda } = options;
    // One sample at least on either side.
    assertInRange("BiCPlugin", "valPercentage", valPercentage, { atLeast: 1 / memSize, atMost: 1 - 1 / memSize });
    const held = Math.max(1, Math.floor(valPercentage * memSize));
    this.#validation = new ClassBalancedBuffer({ maxSize: held });
    this.#training = new ClassBalancedBuffer({ maxSize: memSize - held });
    this.#temperature = temperature;
    this.#lambda = lambda;
    this.#state = declareState("BiCPlugin", {
      training: part(this.#training),
      validation: part(this.#validation),
      teacher: optional(teacherField()),
      correction: optional(CORRECTION),
      known: idSet(),
    });
    this.state = this.#state;
  }

  /** The correction in force; undefined before the second experience has ended. */
  get correction(): BiasCorrection | undefined {
    return this.#state.correction;
  }

  rehearse(): RehearseExperience {
    const random = new RandomStream(0, "rehearsal of bic");
    const [training, validation] = [this.#training, this.#validation].map(({ maxSize, bufferGroups }) => {
      return new RehearsedMemory(maxSize, listGroups(bufferGroups));
    });
    const known = new Set(this.#state.known);
    return (expected, experience) => {
      const newest = experience.classesInThisExperience;
      const hasOld = [...known].some((id) => !newest.includes(id));
      for (const id of newest) known.add(id);
      const perClass = Math.max(1, Math.floor(this.#validation.maxSize / known.size));
      const { kept, held } = holdOut(expected.dataset, (id) => perClass - (validation?.countOf(id) ?? 0), random);
      validation?.update(held);
      if (hasOld && validation?.samples.length === 0) refuseExperience(experience);
      const dataset = Dataset.concat([kept, training?.samples ?? Dataset.empty()]);
      training?.update(kept);
      return { ...expected, dataset };
    };
  }

  afterTrainDatasetAdaptation(strategy: BaseStrategy): void {
    const random = strategy.randomStreams.get("bic");
    const seen = new Set([...this.#state.known, ...strategy.experience.classesInThisExperience]);
    const perClass = Math.max(1, Math.floor(this.#validation.maxSize / seen.size));
    // A class whose part is full, as it came before, is trained on whole.
    const lacking = (id: number) => perClass - (this.#validation.bufferGroups.get(id)?.buffer.length ?? 0);
    const { kept, held } = holdOut(strategy.adaptedDataset, lacking, random);
    this.#current = kept;
    this.#validation.updateFromDataset(held, strategy.randomStreams.get("buffer"));
    strategy.adaptedDataset = Dataset.concat([kept, this.#training.buffer]);
  }

  async criterion(strategy: BaseStrategy): Promise<LossAndGradient> {
    const { mbatch, mbOutput, mbY, experience } = strategy;
    const present = new Set(experience.classesInThisExperience);
    const columns = this.#state.known.union(present);
    const old = this.#state.known.difference(present);
    const dOutput = new Float32Array(mbOutput.data.length);
    if (!this.#state.teacher || old.size === 0) {
      return { loss: addCrossEntropy(mbOutput, mbY, { columns, dOutput }), dOutput };
    }
    const weight = this.#lambda ?? old.size / columns.size;
    const raw = await this.#state.teacher.forward(strategy, mbatch);
    const teacher = this.#state.correction ? correctBias(raw, this.#state.correction) : raw;
    const held = { columns: [...old], temperature: this.#temperature, weight, dOutput };
    const distilled = addDistillation(mbOutput, teacher, held);
    return { loss: distilled + addCrossEntropy(mbOutput, mbY, { columns, weight: 1 - weight, dOutput }), dOutput };
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    const newest = new Set(strategy.experience.classesInThisExperience);
    const old = this.#state.known.difference(newest);
    this.#state.known = this.#state.known.union(newest);
    this.#training.updateFromDataset(this.#current, strategy.randomStreams.get("buffer"));
    this.#state.teacher = Teacher.copy(strategy);
    this.#state.correction = undefined;
    if (old.size === 0) return;
    const samples = this.#validation.buffer;
    const output = await strategy.forwardWith(strategy.parameters, samples);
    this.#state.correction = fitBiasCorrection(output, samples.targets, { newest, seen: this.#state.known });
  }

  afterModelGrowth(strategy: BaseStrategy, growth: ModelGrowth): void {
    this.#state.teacher = this.#state.teacher?.grow(strategy, growth);
  }

  afterEvalForward(strategy: BaseStrategy): void {
    if (this.#state.correction) strategy.mbOutput = correctBias(strategy.mbOutput, this.#state.correction);
  }

  predictionHead(): AffineHead | undefined {
    return this.#state.correction && { kind: "affine", ...this.#state.correction };
  }

  predictionHeadForm(): HeadForm {
    return { kind: "affine", comesLater: true };
  }

  /** The current samples are held out anew when the experience's beginning is run again. */
}

/** Bias correction: a `BiCPlugin` after the other plugins. */
export class BiC extends strategyWith(BiCPlugin, bic.options) {}

/**
 * Takes so many random samples of every class out of a data set, and no more than half of a class's.
 * @param wanted How many of a class; none where it is not above 0.
 */
export function holdOut(
  dataset: Dataset,
  wanted: (id: number) => number,
  random: RandomStream,
): { readonly kept: Dataset; readonly held: Dataset } {
  const held = new Set<number>();
  for (const [id, positions] of groupPositions(dataset.targets)) {
    const count = Math.max(0, Math.min(wanted(id), Math.floor(positions.length / 2)));
    for (const position of random.shuffle(positions.slice()).subarray(0, count)) held.add(position);
  }
  const all = [...dataset.targets.keys()];
  const split = (isHeld: boolean) => dataset.subset(all.filter((position) => held.has(position) === isHeld));
  return { kept: split(false), held: split(true) };
}

function refuseExperience(experience: Experience): never {
  const what = "no sample could be held out to correct the bias with, which takes 2 samples of a class at once";
  const cure = "make larger experiences, or choose another strategy";
  throw new RangeRefusal(`BiCPlugin: up to ${nameExperience(experience)} ${what}: ${cure}`);
}

/** By the names under which a list of methods loads them. */
export { BiC as strategy, BiCPlugin as plugin };
