import { RefusalError } from "../../core/errors/errors.ts";
import type { WeightsOrigin } from "../../models/weights_file.ts";
import { findWeightsOrigin } from "../../models/weights_origin.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { KnownWeights } from "../checkpoints/left_out.ts";
import type { RunDirectory } from "../run_directory.ts";
import { FROZEN_WEIGHTS_FILE } from "../run_files.ts";
import { encodeKeptWeights, readKeptWeights } from "./kept_weights.ts";

/** Where weights that are not trained stand: in the file that the model came from, or in one of the run's folder. */
export class FrozenWeights {
  readonly #strategy: BaseStrategy;
  #origin: WeightsOrigin | undefined;
  #isSettled: boolean;

  /** @param strategy As it was made. */
  constructor(strategy: BaseStrategy) {
    this.#strategy = strategy;
    this.#origin = findWeightsOrigin(strategy.model);
    this.#isSettled = this.#origin !== undefined;
  }

  /** What checkpoints may leave out; undefined where they hold all of it. */
  get known(): KnownWeights | undefined {
    return this.#origin && { origin: this.#origin, layout: this.#strategy.cluster.model.stateLayout };
  }

  /**
   * Before the first checkpoint: has the folder of the run hold the layer state as it is now, or finds there what it
   * held when the run began.
   * @throws {StorageError} If the disk refuses the file.
   */
  async keep(directory: RunDirectory): Promise<void> {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#origin = await findKept(directory.path);
    if (this.#origin) return;
    const { model, state } = this.#strategy.cluster;
    const kept = encodeKeptWeights({ state, layout: model.stateLayout });
    if (!kept) return;
    await directory.writeFile(FROZEN_WEIGHTS_FILE, kept.bytes);
    this.#origin = kept.origin;
  }
}

/** No checkpoint that is of use needs a file that cannot be read. */
async function findKept(folder: string): Promise<WeightsOrigin | undefined> {
  try {
    return (await readKeptWeights(folder)).origin;
  } catch (error) {
    if (error instanceof RefusalError) return undefined;
    throw error;
  }
}
