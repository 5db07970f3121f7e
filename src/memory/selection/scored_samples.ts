import { elementAt } from "../../core/element_at.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { declareState, list, number } from "../../core/state/state.ts";
import { Dataset } from "../../data/dataset.ts";
import { datasetField } from "../../data/saved_dataset.ts";

/**
 * Samples with a score each, how much they resemble others when they came in, from 0 (opposed) to 2 (equal). A newcomer
 * that resembles nothing takes the place of one that resembles much: the greedy selection of GSS.
 * @see Aljundi et al. 2019, Gradient based sample selection for online continual learning, arXiv:1903.08671, algorithm
 * 2
 */
export class ScoredSamples {
  readonly maxSize: number;
  readonly #state = declareState("scored samples", { samples: datasetField(), scores: list(number()) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /** @param maxSize A whole number of at least 1. */
  constructor(maxSize: number) {
    this.maxSize = maxSize;
  }

  /** What is held; borrowed until the next `offer`. */
  get samples(): Dataset {
    return this.#state.samples;
  }

  /** The score of each; borrowed until the next `offer`. */
  get scores(): readonly number[] {
    return this.#state.scores;
  }

  /**
   * Offers samples one after another with their scores [N]. While there is room all are kept. Then one with a score
   * below 1 is set against one of those held, drawn with odds by its score C, and takes its place with odds C / (C +
   * score).
   */
  offer(samples: Dataset, scores: readonly number[], random: RandomStream): void {
    const held = Dataset.concat([this.#state.samples, samples]);
    const positions = Array.from(this.#state.scores, (_, i) => i);
    const kept = [...this.#state.scores];
    for (const [i, score] of scores.entries()) {
      const position = this.#state.scores.length + i;
      if (kept.length < this.maxSize) {
        positions.push(position);
        kept.push(score);
      } else if (score < 1) {
        const rival = drawByWeight(kept, random);
        const strength = elementAt(kept, rival);
        if (random.uniform() >= strength / (strength + score)) continue;
        positions[rival] = position;
        kept[rival] = score;
      }
    }
    this.#state.samples = held.subset(positions).dropUnusedSources();
    this.#state.scores = kept;
  }
}

/** A position, drawn with odds by its weight; any with even odds where all weights are 0. */
export function drawByWeight(weights: readonly number[], random: RandomStream): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0) return random.integer(weights.length);
  let left = random.uniform() * total;
  for (const [position, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return position;
  }
  return weights.length - 1;
}
