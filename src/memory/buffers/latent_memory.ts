import { elementAt } from "../../core/element_at.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import {
  parseSavedCount,
  parseSavedList,
  parseSavedRecord,
  parseSavedVector,
  type SavedState,
} from "../../core/saved_state.ts";
import { Dataset } from "../../data/dataset.ts";
import { type ComputedSamples, ScratchSamples } from "../../data/scratch_samples.ts";
import { drawPositions } from "../selection/draw_samples.ts";

/**
 * A memory of what a layer answered to samples, instead of the samples. New rows fill free places first; then they take
 * places drawn at random, as in Pellegrini et al. 2020, Latent Replay for Real-Time Continual Learning,
 * arXiv:1912.01100.
 */
export class LatentMemory {
  readonly maxSize: number;
  readonly #scratch = new ScratchSamples("remembered activations");
  #x: HostTensor = { data: new Float32Array(0), shape: [0, 0] };
  #y: readonly number[] = [];
  #taskLabels: readonly number[] = [];
  #samples = Dataset.empty();

  /** @param maxSize A whole number of at least 1. */
  constructor(maxSize: number) {
    this.maxSize = maxSize;
  }

  /** Rows held. */
  get length(): number {
    return this.#y.length;
  }

  /** Class ids of the rows held. */
  get targets(): readonly number[] {
    return this.#y;
  }

  /** Takes in rows, no more than `maxSize`. What was drawn before holds no longer. */
  update({ x, y, taskLabels }: ComputedSamples, random: RandomStream): void {
    const [rows = 0, ...shape] = x.shape;
    const width = rows === 0 ? 0 : x.data.length / rows;
    const held = this.length;
    const free = Math.min(rows, this.maxSize - held);
    const replaced = drawPositions(held, rows - free, random);
    const data = new Float32Array((held + free) * width);
    data.set(this.#x.data);
    const [targets, tasks] = [[...this.#y], [...this.#taskLabels]];
    for (let row = 0; row < rows; row++) {
      const place = row < free ? held + row : elementAt(replaced, row - free);
      data.set(x.data.subarray(row * width, (row + 1) * width), place * width);
      targets[place] = elementAt(y, row);
      tasks[place] = elementAt(taskLabels, row);
    }
    this.#hold({ x: { data, shape: [held + free, ...shape] }, y: targets, taskLabels: tasks });
  }

  /** `count` of the rows held, or all where there are fewer, each at most once. Good until the next update. */
  draw(count: number, random: RandomStream): Dataset {
    return this.#samples.subset(drawPositions(this.length, count, random));
  }

  /** Plain data for `restore`. It is never written to. */
  save(): SavedState {
    return { data: this.#x.data, shape: this.#x.shape, targets: this.#y, taskLabels: this.#taskLabels };
  }

  /** Goes on from what `save` gave. @throws {TypeError} If it was something else; the message starts with `act`. */
  restore(act: string, saved: SavedState): void {
    const { data, shape, targets, taskLabels } = parseSavedRecord(act, saved);
    const numbers = (list: SavedState | undefined) =>
      parseSavedList(act, list).map((item) => parseSavedCount(act, item));
    const x = { data: parseSavedVector(act, data), shape: numbers(shape) };
    this.#hold({ x, y: numbers(targets), taskLabels: numbers(taskLabels) });
  }

  #hold({ x, y, taskLabels }: ComputedSamples): void {
    [this.#x, this.#y, this.#taskLabels] = [x, Array.from(y), Array.from(taskLabels)];
    this.#samples = this.length === 0 ? Dataset.empty() : this.#scratch.write({ x, y, taskLabels });
  }
}
