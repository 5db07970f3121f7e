import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import { splitOptions } from "../../core/options/split_options.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { readSaved } from "../../core/state/field.ts";
import { anything, count, list, number, optional, record } from "../../core/state/state.ts";
import { Dataset } from "../../data/dataset.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import { ScratchSamples } from "../../data/scratch_samples.ts";
import { listGrowingHeads } from "../../models/growth/growing_head.ts";
import { takeTopology } from "../../models/take_topology.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { RestoreContext, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { chooseClasses, Teacher, teacherField } from "../shared/teacher.ts";
import { strategyWith } from "../strategy_with.ts";
import { createGenerator, measureRange, type ValueRange } from "./create_generator.ts";
import { DecoderReplicas } from "./decoder_replicas.ts";
import { GENERATOR_OPTIONS, type GenerativeReplayOptions, generativeReplay } from "./options.ts";
import { assertReplayWeights, readRatio, weighReplay } from "./replay_weights.ts";
import { TrainGeneratorAfterExpPlugin } from "./train_generator_after_exp_plugin.ts";
import { VAETraining } from "./vae_training.ts";

const SAVED = record({
  teacher: optional(teacherField()),
  classes: list(count()),
  weight: number(),
  /** There where the generator is the plugin's own; `range` is empty where it is not known. */
  generator: optional(record({ range: list(number()), state: anything() })),
});

/**
 * Deep generative replay: from the second experience on, a generator's samples join every minibatch, with the class
 * that the model as it was at the last experience's end finds most likely among those seen. The loss is r times the
 * mean over new samples plus 1 − r times that over generated ones. The generator learns of each experience afterwards,
 * replaying its own samples in the same way. Latents come from the stream "generative-replay"; generated samples have
 * the task label of the minibatch's first, so that a model with a head a task is refused.
 *
 * The paper's generator is an adversarial network; ours is a variational autoencoder, as Avalanche's is.
 * @see Shin et al. 2017, Continual Learning with Deep Generative Replay, arXiv:1705.08690
 */
export class GenerativeReplayPlugin implements StrategyPlugin {
  readonly name = "GenerativeReplayPlugin";
  readonly targets = CLASSES_ONLY;
  readonly traits: readonly Trait[] = ["changesLoss", "needsHardLabels"];
  /** Generated samples are gone a step later. */
  readonly excludes: readonly Trait[] = ["keepsMinibatchSamples"];
  readonly #options: ResolvedOptions<typeof generativeReplay.options>;
  #generator: VAETraining | undefined;
  /** There where the generator is the plugin's own. */
  #trainer: { readonly plugin: TrainGeneratorAfterExpPlugin; readonly range: ValueRange } | undefined;
  #decoder: DecoderReplicas | undefined;
  readonly #samples = new ScratchSamples("generated samples");
  /** The model that tells generated samples' classes, and the classes that it knows; none: all. */
  #teacher: Teacher | undefined;
  #classes: number[] = [];
  /** Weight of the replayed part, where replay is weighted. */
  #weight: number;

  /** @throws {RangeError} If an option is out of range, or some exclude each other. */
  constructor(given: GenerativeReplayOptions = {}) {
    const subject = "GenerativeReplayPlugin";
    const options = resolveOptions(subject, given, generativeReplay.options);
    if (options.replaySize !== undefined && options.increasingReplaySize) {
      throw new RangeRefusal(`${subject}: replaySize and increasingReplaySize exclude each other`);
    }
    assertReplayWeights(subject, options);
    const superfluous = Object.entries(splitOptions(given, GENERATOR_OPTIONS)[0]).find(
      ([, value]) => value !== undefined,
    );
    if (options.generatorStrategy && superfluous) {
      throw new RangeRefusal(`${subject}: ${superfluous[0]} and generatorStrategy exclude each other`);
    }
    this.#options = options;
    this.#generator = options.generatorStrategy;
    this.#weight = options.weightReplayLoss;
  }

  assertUsable({ model }: StrategySetup): void {
    const head = listGrowingHeads(takeTopology(model)).find(({ kind }) => kind !== "incremental");
    if (!head) return;
    const wanted = "a model with one head, as generated samples come without a task";
    throw new RangeRefusal(needs("GenerativeReplayPlugin", wanted, head.kind));
  }

  rehearse(strategy: BaseStrategy): RehearseExperience {
    let past = this.#countPast(strategy);
    return (expected) => {
      const joinedRows = expected.joinedRows + (past > 0 ? 1 : 0);
      past += 1;
      return { ...expected, joinedRows };
    };
  }

  async beforeTrainingExp(strategy: BaseStrategy): Promise<void> {
    if (strategy instanceof VAETraining) this.#generator ??= strategy;
    if (!this.#generator) await this.#makeGenerator(strategy, measureRange(strategy)).beforeTraining(strategy);
    if (!this.#hasPast(strategy)) return;
    await this.#generator?.start();
    if (this.#generator) this.#decoder = await DecoderReplicas.load(this.#generator);
    if (!this.#isGenerator(strategy)) this.#teacher ??= Teacher.copy(strategy);
  }

  async beforeTrainingIteration(strategy: BaseStrategy): Promise<void> {
    const { mbatch, clock } = strategy;
    if (!this.#decoder || !this.#hasPast(strategy)) return;
    const { replaySize, increasingReplaySize, ratio, isWeightedReplay, compatibility } = this.#options;
    const past = this.#countPast(strategy);
    const count = replaySize ?? mbatch.length * (increasingReplaySize ? past : 1);
    const generated = await this.#generate(strategy, this.#decoder, count);
    const counts = { fresh: mbatch.length, replayed: generated.length };
    strategy.mbatch = Dataset.concat([mbatch, generated]);
    if (isWeightedReplay) {
      strategy.scaleCriterion(weighReplay(counts, { fresh: 1, replayed: this.#weight }));
      this.#weight *= this.#options.weightReplayLossFactor;
    } else if (compatibility !== "avalanche") {
      const fresh = readRatio(ratio, ratio === undefined ? past : clock.trainExpCounter);
      strategy.scaleCriterion(weighReplay(counts, { fresh, replayed: 1 - fresh }));
    }
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    if (this.#isGenerator(strategy)) return;
    this.#classes = [...new Set([...this.#classes, ...strategy.experience.classesInThisExperience])];
    this.#teacher = Teacher.copy(strategy);
    await this.#trainer?.plugin.afterTrainingExp(strategy);
  }

  afterModelGrowth(strategy: BaseStrategy, growth: ModelGrowth): void {
    this.#teacher = this.#teacher?.grow(strategy, growth);
  }

  saveState(): SavedState {
    const { plugin, range } = this.#trainer ?? {};
    const [low, high] = range ?? [];
    const generator = plugin && {
      range: low === undefined || high === undefined ? [] : [low, high],
      state: plugin.saveState(),
    };
    return SAVED.save({ teacher: this.#teacher, classes: this.#classes, weight: this.#weight, generator });
  }

  async restoreState(saved: SavedState, context: RestoreContext): Promise<void> {
    const { teacher, classes, weight, generator } = readSaved(SAVED, saved, { owner: this.name, context: undefined });
    this.#teacher = teacher;
    this.#classes = classes;
    this.#weight = weight;
    if (!generator) {
      // One that was made since is closed with the strategy.
      if (this.#trainer) [this.#trainer, this.#generator, this.#decoder] = [undefined, undefined, undefined];
      return;
    }
    const [low, high] = generator.range;
    const range: ValueRange = low === undefined || high === undefined ? undefined : [low, high];
    const trainer = this.#trainer?.plugin ?? this.#makeGenerator(context.strategy, range);
    await trainer.restoreState(generator.state, context);
  }

  /** Whether the strategy that it sits in is the generator itself: what is replayed has no classes then. */
  #isGenerator(strategy: BaseStrategy): boolean {
    return strategy === this.#generator;
  }

  /** Pieces of an online stream one by one: the generator, too, learns after each. */
  #countPast({ clock }: BaseStrategy): number {
    return clock.trainExpCounter + (this.#options.untrainedSolver === false ? 1 : 0);
  }

  #hasPast(strategy: BaseStrategy): boolean {
    return this.#countPast(strategy) > 0;
  }

  #makeGenerator(strategy: BaseStrategy, range: ValueRange): TrainGeneratorAfterExpPlugin {
    const [generator, { generatorStrategy: _none, ...replay }] = splitOptions(this.#options, GENERATOR_OPTIONS);
    const plugins = [new GenerativeReplayPlugin(replay)];
    this.#generator = createGenerator(strategy, { ...generator, range, plugins });
    const plugin = new TrainGeneratorAfterExpPlugin({ generatorStrategy: this.#generator });
    this.#trainer = { plugin, range };
    return plugin;
  }

  async #generate(strategy: BaseStrategy, decoder: DecoderReplicas, count: number): Promise<Dataset> {
    const data = await decoder.generate(count, strategy.randomStreams.get("generative-replay"));
    const { sampleShape } = elementAt([...strategy.mbatch.sources.values()], 0);
    const x = { data, shape: [count, ...sampleShape] };
    const taskLabels = new Int32Array(count).fill(strategy.mbatch.taskLabelAt(0));
    const samples = this.#samples.write({ x, y: new Int32Array(count), taskLabels });
    if (!this.#teacher || this.#isGenerator(strategy)) return samples;
    const y = chooseClasses(await this.#teacher.forward(strategy, samples), this.#classes);
    return this.#samples.write({ x, y, taskLabels });
  }
}

/**
 * Deep generative replay: a `GenerativeReplayPlugin` after the other plugins. The exported model is the classifier
 * alone; checkpoints hold the generator, too.
 */
export class GenerativeReplay extends strategyWith(GenerativeReplayPlugin, generativeReplay.options) {}

/** By the names under which a list of methods loads them. */
export { GenerativeReplay as strategy, GenerativeReplayPlugin as plugin };
