import type { SavedState } from "../../core/saved_state.ts";
import { readSaved } from "../../core/state/field.ts";
import type { DataSource } from "../../data/data_source.ts";
import { Dataset } from "../../data/dataset.ts";
import { datasetField } from "../../data/saved_dataset.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";

const SEEN = datasetField();

/** Trains on all samples seen so far, with each new experience. An upper baseline; its cost grows with the stream. */
export class Cumulative extends BaseStrategy {
  #seen = Dataset.empty();

  override trainDatasetAdaptation(): void {
    this.#seen = Dataset.concat([this.#seen, this.experience.dataset]);
    this.adaptedDataset = this.#seen;
  }

  override rehearse(): RehearseExperience {
    let seen = this.#seen;
    return (expected) => {
      seen = Dataset.concat([seen, expected.dataset]);
      return { ...expected, dataset: seen };
    };
  }

  override saveOwnState(): SavedState {
    return SEEN.save(this.#seen);
  }

  override restoreOwnState(saved: SavedState, sources: ReadonlyMap<string, DataSource>): void {
    this.#seen = readSaved(SEEN, saved, { owner: "Cumulative", context: { sources } });
  }
}

/** By the names under which a list of methods loads them. */
export { Cumulative as strategy };
