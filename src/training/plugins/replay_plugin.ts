import { assertWholeNumber, cannot, RangeRefusal } from "../../core/errors.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { ExemplarsBuffer } from "../../memory/exemplars_buffer.ts";
import { ExperienceBalancedBuffer } from "../../memory/experience_balanced_buffer.ts";
import { ReplayDataLoader } from "../../memory/replay_data_loader.ts";
import { restoreBuffer, saveBuffer } from "../../memory/saved_buffer.ts";
import type { BaseStrategy } from "../base_strategy.ts";
import type { Trait } from "../combination_rules.ts";
import type { RestoreContext, StrategyPlugin } from "../strategy_plugin.ts";

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
    const { memSize = 200, batchSize = 1, batchSizeMem = 1 } = options;
    assertWholeNumber("create ReplayPlugin", "memSize", memSize, 1);
    assertWholeNumber("create ReplayPlugin", "batchSize", batchSize, 1);
    assertWholeNumber("create ReplayPlugin", "batchSizeMem", batchSizeMem, 1);
    this.storagePolicy = options.storagePolicy ?? new ExperienceBalancedBuffer({ maxSize: memSize });
    if (this.storagePolicy.maxSize !== memSize) {
      throw new RangeRefusal(
        cannot("create ReplayPlugin", `a storage policy of memSize ${memSize}`, this.storagePolicy.maxSize),
      );
    }
    this.#options = options;
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
      dropLast: false,
      stream: strategy.randomStreams.get("shuffle"),
    });
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
