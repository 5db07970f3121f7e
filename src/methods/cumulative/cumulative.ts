import { declareState } from "../../core/state/state.ts";
import { Dataset } from "../../data/dataset.ts";
import { datasetField } from "../../data/saved_dataset.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { PluginState } from "../../training/loop/strategy_plugin.ts";

/** Trains on all samples seen so far, with each new experience. An upper baseline; its cost grows with the stream. */
export class Cumulative extends BaseStrategy {
  readonly #state = declareState("Cumulative", { seen: datasetField() });

  override trainDatasetAdaptation(): void {
    this.#state.seen = Dataset.concat([this.#state.seen, this.experience.dataset]);
    this.adaptedDataset = this.#state.seen;
  }

  override rehearse(): RehearseExperience {
    let seen = this.#state.seen;
    return (expected) => {
      seen = Dataset.concat([seen, expected.dataset]);
      return { ...expected, dataset: seen };
    };
  }

  override get ownState(): PluginState {
    return this.#state;
  }
}

/** By the names under which a list of methods loads them. */
export { Cumulative as strategy };
