import { RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, wholeNumber } from "../../core/options/value_rules.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { ExemplarsBuffer } from "../../memory/buffers/exemplars_buffer.ts";
import { ExperienceBalancedBuffer } from "../../memory/buffers/experience_balanced_buffer.ts";
import { MEMORY_RULES, resolveStoragePolicy } from "../../memory/buffers/resolve_storage_policy.ts";
import { restoreBuffer, saveBuffer } from "../../memory/buffers/saved_buffer.ts";
import { ReplayDataLoader } from "../../memory/loaders/replay_data_loader.ts";
import type { Experience } from "../../streams/experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import { nameExperience, type RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { RestoreContext, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";

/** How experience replay remembers and mixes. */
export interface ReplayOptions {
  /** Samples kept in all; 200 if left out. */
  readonly memSize?: number;
  /** New samples in a minibatch; the strategy's if left out. */
  readonly batchSize?: number;
  /** Remembered samples added to each minibatch; the strategy's minibatch size if left out. */
  readonly batchSizeMem?: number;
  /** True gives every task its share of the remembered part. */
  readonly taskBalancedDataloader?: boolean;
  /** What to keep; by experience in equal parts if left out. Its size must be `memSize`. */
  readonly storagePolicy?: ExemplarsBuffer;
}

/** What `ReplayOptions` may be. */
export const REPLAY_RULES: OptionRules<ReplayOptions> = {
  ...MEMORY_RULES,
  batchSize: wholeNumber(1),
  batchSizeMem: wholeNumber(1),
  taskBalancedDataloader: flag(),
};

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
  constructor(options: ReplayOptions = {}) {
    assertOptions("ReplayPlugin", options, REPLAY_RULES);
    this.storagePolicy = resolveStoragePolicy("ReplayPlugin", options, (maxSize) => {
      return new ExperienceBalancedBuffer({ maxSize });
    });
    this.#options = options;
  }

  rehearse(strategy: BaseStrategy): RehearseExperience {
    const { batchSize, batchSizeMem = strategy.trainMbSize, taskBalancedDataloader = false } = this.#options;
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
      shuffle: true,
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

  saveState(): SavedState {
    return saveBuffer(this.storagePolicy);
  }

  restoreState(saved: SavedState, { sources }: RestoreContext): void {
    restoreBuffer(this.storagePolicy, saved, sources);
  }
}

function assertPlaces(experience: Experience, tasks: number, batchSizeMem: number): void {
  if (tasks <= batchSizeMem) return;
  const what = `${nameExperience(experience)} replays ${tasks} tasks, each with its share of every minibatch`;
  throw new RangeRefusal(`ReplayPlugin: ${what}: batchSizeMem must be at least ${tasks}, got ${batchSizeMem}`);
}
