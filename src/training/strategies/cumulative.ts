import { Dataset } from "../../data/dataset.ts";
import { BaseStrategy } from "../base_strategy.ts";

/** Trains on all samples seen so far, with each new experience. An upper baseline; its cost grows with the stream. */
export class Cumulative extends BaseStrategy {
  #seen = Dataset.empty();

  override trainDatasetAdaptation(): void {
    this.#seen = Dataset.concat([this.#seen, this.experience.dataset]);
    this.adaptedDataset = this.#seen;
  }
}
