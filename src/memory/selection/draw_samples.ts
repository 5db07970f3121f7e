import type { RandomStream } from "../../core/random_stream.ts";
import type { Dataset } from "../../data/dataset.ts";

/**
 * `count` samples of a data set, each at most once, every choice equally likely; all of them, in random order, where
 * there are no more. Draws `count` numbers however large the data set is.
 */
export function drawSamples(dataset: Dataset, count: number, random: RandomStream): Dataset {
  return dataset.subset(drawPositions(dataset.length, count, random));
}

/**
 * `count` distinct numbers below `length` in random order: the head of Fisher and Yates's shuffle, which remembers only
 * the places that it has touched. The caller owns the result.
 */
export function drawPositions(length: number, count: number, random: RandomStream): Int32Array<ArrayBuffer> {
  const drawn = new Int32Array(Math.min(count, length));
  const moved = new Map<number, number>();
  for (let i = 0; i < drawn.length; i++) {
    const chosen = i + random.integer(length - i);
    drawn[i] = moved.get(chosen) ?? chosen;
    moved.set(chosen, moved.get(i) ?? i);
  }
  return drawn;
}
