import { elementAt } from "../../core/element_at.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { count, declareState, list, vector } from "../../core/state/state.ts";
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
  readonly #state = declareState(
    "a memory of activations",
    { data: vector(), shape: list(count()), targets: list(count()), taskLabels: list(count()) },
    { restored: () => this.#view() },
  );
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  #samples = Dataset.empty();

  /** @param maxSize A whole number of at least 1. */
  constructor(maxSize: number) {
    this.maxSize = maxSize;
  }

  /** Rows held. */
  get length(): number {
    return this.#state.targets.length;
  }

  /** Class ids of the rows held. */
  get targets(): readonly number[] {
    return this.#state.targets;
  }

  /** Takes in rows, no more than `maxSize`. What was drawn before holds no longer. */
  update({ x, y, taskLabels }: ComputedSamples, random: RandomStream): void {
    const [rows = 0, ...shape] = x.shape;
    const width = rows === 0 ? 0 : x.data.length / rows;
    const held = this.length;
    const free = Math.min(rows, this.maxSize - held);
    const replaced = drawPositions(held, rows - free, random);
    const data = new Float32Array((held + free) * width);
    data.set(this.#state.data);
    const [targets, tasks] = [[...this.#state.targets], [...this.#state.taskLabels]];
    for (let row = 0; row < rows; row++) {
      const place = row < free ? held + row : elementAt(replaced, row - free);
      data.set(x.data.subarray(row * width, (row + 1) * width), place * width);
      targets[place] = elementAt(y, row);
      tasks[place] = elementAt(taskLabels, row);
    }
    Object.assign(this.#state, { data, shape: [held + free, ...shape], targets, taskLabels: tasks });
    this.#view();
  }

  /** `count` of the rows held, or all where there are fewer, each at most once. Good until the next update. */
  draw(count: number, random: RandomStream): Dataset {
    return this.#samples.subset(drawPositions(this.length, count, random));
  }

  #view(): void {
    const { data, shape, targets: y, taskLabels } = this.#state;
    this.#samples = this.length === 0 ? Dataset.empty() : this.#scratch.write({ x: { data, shape }, y, taskLabels });
  }
}
