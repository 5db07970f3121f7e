import { RangeRefusal } from "../../core/errors/errors.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import type { ExemplarsBuffer } from "../../memory/buffers/exemplars_buffer.ts";
import { ExperienceBalancedBuffer } from "../../memory/buffers/experience_balanced_buffer.ts";
import { resolveStoragePolicy } from "../../memory/buffers/resolve_storage_policy.ts";
import { ReplayDataLoader } from "../../memory/loaders/replay_data_loader.ts";
import type { Experience } from "../../streams/experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import { nameExperience, type RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { strategyWith } from "../strategy_with.ts";
import { type ReplayOptions, replay } from "./options.ts";

/**
 * Experience replay: keeps a sample of the past and adds a minibatch of it to every minibatch of the present, from the
 * second experience on. The loss is the plain mean over both.
 * @see Chaudhry et al. 2019, On Tiny Episodic Memories in Continual Learning, arXiv:1902.10486
 */
export class ReplayPlugin implements StrategyPlugin {
  readonly name = "ReplayPlugin";
  readonly traits: readonly Trait[] = ["replacesDataloader"];
  readonly excludes: readonly Trait[] = ["replacesDataloader"];
  readonly storagePolicy: ExemplarsBuffer;
  readonly #options: ReplayOptions;

  /** @throws {RangeError} If a size is out of range, or the storage policy keeps another number of samples. */
  constructor(given: ReplayOptions = {}) {
    const options = resolveOptions("ReplayPlugin", given, replay.options);
    this.storagePolicy = resolveStoragePolicy("ReplayPlugin", options);
    this.#options = options;
  }

  get state(): PluginState {
    return this.storagePolicy;
  }

  rehearse(strategy: BaseStrategy): RehearseExperience {
    const { batchSize, batchSizeMem = strategy.trainMbSize, taskBalancedDataloader } = this.#options;
    let remembered = this.storagePolicy.buffer.length;
    const tasks = new Set(this.storagePolicy.buffer.taskLabels);
    return (expected, experience) => {
      if (taskBalancedDataloader && this.#keepsAllTasks(tasks)) assertPlaces(experience, tasks.size, batchSizeMem);
      const own = { batchSize: batchSize ?? expected.batchSize, isTaskBalanced: false };
      const replayed = remembered === 0 ? expected : { ...expected, ...own, joinedRows: expected.joinedRows + 1 };
      remembered += expected.dataset.length;
      for (const task of experience.taskLabels) tasks.add(task);
      return replayed;
    };
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    const memory = this.storagePolicy.buffer;
    if (memory.length === 0) return;
    const { batchSize, batchSizeMem, taskBalancedDataloader } = this.#options;
    strategy.dataloader = new ReplayDataLoader({
      data: strategy.adaptedDataset,
      memory,
      batchSize: batchSize ?? strategy.trainMbSize,
      batchSizeMem: batchSizeMem ?? strategy.trainMbSize,
      oversampleSmallTasks: true,
      taskBalancedDataloader: taskBalancedDataloader ?? false,
      shuffle: strategy.shuffle,
      dropLast: strategy.dropLast,
      stream: strategy.randomStreams.get("shuffle"),
    });
  }

  /** Whether it is certain that each task has a sample in the memory. */
  #keepsAllTasks(tasks: ReadonlySet<number>): boolean {
    return this.storagePolicy instanceof ExperienceBalancedBuffer && tasks.size <= this.storagePolicy.maxSize;
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    await this.storagePolicy.update(strategy);
  }
}

/** Experience replay: a `ReplayPlugin` after the other plugins. */
export class Replay extends strategyWith(ReplayPlugin, replay.options) {}

function assertPlaces(experience: Experience, tasks: number, batchSizeMem: number): void {
  if (tasks <= batchSizeMem) return;
  const what = `${nameExperience(experience)} replays ${tasks} tasks, each with its share of every minibatch`;
  throw new RangeRefusal(`ReplayPlugin: ${what}: batchSizeMem must be at least ${tasks}, got ${batchSizeMem}`);
}

/** By the names under which a list of methods loads them. */
export { Replay as strategy, ReplayPlugin as plugin };
