import { resolveOptions } from "../../core/options/option_schema.ts";
import { declareState, part } from "../../core/state/state.ts";
import { ClassBalancedBuffer } from "../../memory/buffers/class_balanced_buffer.ts";
import { listGroups, RehearsedMemory } from "../../memory/buffers/rehearsed_memory.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { FromScratchTrainingPlugin } from "../from_scratch_training/from_scratch_training_plugin.ts";
import { strategyWith } from "../strategy_with.ts";
import { type GDumbOptions, gdumb } from "./options.ts";

/**
 * GDumb: keeps a class-balanced memory of the stream, and before each experience is tested trains the model from
 * scratch on the memory alone. "From scratch" is the parameters, layer state and optimizer with which training began.
 * Unlike the paper it keeps the learning rate and augments nothing; the rate is the optimizer's, augmentation the
 * data's. A class that came with too few samples leaves its room to the others.
 * @see Prabhu et al. 2020, GDumb: A Simple Approach that Questions Our Progress in Continual Learning, ECCV
 */
export class GDumbPlugin implements StrategyPlugin {
  readonly name = "GDumbPlugin";
  readonly traits: readonly Trait[] = ["replacesAdaptedDataset"];
  readonly excludes: readonly Trait[] = ["replacesAdaptedDataset"];
  readonly storagePolicy: ClassBalancedBuffer;
  readonly #fromScratch = new FromScratchTrainingPlugin();
  readonly state: PluginState;

  /** @throws {RangeError} If the size is out of range. */
  constructor(given: GDumbOptions = {}) {
    const options = resolveOptions("GDumbPlugin", given, gdumb.options);
    this.storagePolicy = new ClassBalancedBuffer({ maxSize: options.memSize ?? 200 });
    this.state = declareState("GDumbPlugin", {
      buffer: part(this.storagePolicy),
      beginning: part(this.#fromScratch.state),
    });
  }

  rehearse(): RehearseExperience {
    const { maxSize, bufferGroups } = this.storagePolicy;
    const memory = new RehearsedMemory(maxSize, listGroups(bufferGroups));
    return (expected) => {
      memory.update(expected.dataset);
      return { ...expected, dataset: memory.samples };
    };
  }

  beforeTraining(strategy: BaseStrategy): void {
    this.#fromScratch.beforeTraining(strategy);
  }

  afterTrainDatasetAdaptation(strategy: BaseStrategy): void {
    this.storagePolicy.update(strategy);
    strategy.adaptedDataset = this.storagePolicy.buffer;
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    this.#fromScratch.beforeTrainingExp(strategy);
  }

  afterModelGrowth(strategy: BaseStrategy, growth: ModelGrowth): void {
    this.#fromScratch.afterModelGrowth(strategy, growth);
  }
}

/** Greedy sampler and dumb learner: a `GDumbPlugin` after the other plugins. */
export class GDumb extends strategyWith(GDumbPlugin, gdumb.options) {}

/** By the names under which a list of methods loads them. */
export { GDumb as strategy, GDumbPlugin as plugin };
