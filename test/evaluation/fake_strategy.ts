import type { HostTensor } from "../../src/core/host_tensor.ts";
import { RandomStream } from "../../src/core/random_stream.ts";
import type { EvaluatedStrategy } from "../../src/evaluation/evaluated_strategy.ts";
import type { EvaluationCallbacks } from "../../src/evaluation/evaluation_event.ts";
import type { Experience } from "../../src/streams/experience.ts";
import { createPlainStream } from "./fake_stream.ts";

/** One minibatch as it was seen, kept for a slow recomputation. */
export interface SeenMinibatch {
  readonly phase: "train" | "eval";
  /** Counts calls of `eval`, and apart from them epochs of training. */
  readonly round: number;
  readonly stream: string;
  readonly experience: number;
  /** Training iterations done. */
  readonly step: number;
  /** Rows of logits. */
  readonly logits: readonly (readonly number[])[];
  readonly y: readonly number[];
  readonly tasks: readonly number[];
  readonly loss: number;
}

/** Drives an evaluator's callbacks in Avalanche's order, with made-up minibatches that it remembers. */
export class FakeStrategy implements EvaluatedStrategy {
  readonly clock = {
    trainIterations: 0,
    trainExpCounter: 0,
    trainExpEpochs: 0,
    trainExpIterations: 0,
    trainEpochIterations: 0,
    totalIterations: 0,
  };
  readonly seen: SeenMinibatch[] = [];
  isTraining = true;
  experience: Experience = createPlainStream("none", 1).at(0);
  trainEpochs = 1;
  iterationsPerEpoch = 0;
  currentEvalStream: readonly Experience[] = [];
  mbY = new Int32Array(0);
  mbTaskId = new Int32Array(0);
  mbOutput: HostTensor = { data: new Float32Array(0), shape: [0, 0] };
  loss = 0;
  readonly #evaluator: EvaluationCallbacks;
  readonly #random: RandomStream;
  readonly #classes: number;
  readonly #tasks: number;
  #trainRound = 0;
  #evalRound = 0;

  /** With several `tasks`, each sample's label is drawn. */
  constructor(
    evaluator: EvaluationCallbacks,
    { seed = 0, classes = 3, tasks = 1 }: { seed?: number; classes?: number; tasks?: number } = {},
  ) {
    this.#evaluator = evaluator;
    this.#random = new RandomStream(seed, "fake strategy");
    this.#classes = classes;
    this.#tasks = tasks;
  }

  /**
   * One call of train(): every experience for `epochs` epochs. `evalEveryEpoch` evaluates after each epoch, and
   * `evalEveryIteration` after each minibatch, as periodic evaluation does: after the evaluator had its callback.
   */
  train(
    experiences: readonly Experience[],
    options: {
      epochs?: number;
      batches?: readonly number[];
      evalEveryEpoch?: readonly Experience[];
      evalEveryIteration?: readonly Experience[];
    } = {},
  ): void {
    const { epochs = 1, batches = [2, 1], evalEveryEpoch, evalEveryIteration } = options;
    const { clock } = this;
    this.isTraining = true;
    this.trainEpochs = epochs;
    this.#evaluator.beforeTraining?.(this);
    for (const experience of experiences) {
      this.experience = experience;
      // As in a strategy, the clock is the last to hear of an event.
      this.#evaluator.beforeTrainingExp?.(this);
      clock.trainExpEpochs = 0;
      clock.trainExpIterations = 0;
      for (let epoch = 0; epoch < epochs; epoch++) {
        this.iterationsPerEpoch = batches.length;
        this.#evaluator.beforeTrainingEpoch?.(this);
        clock.trainEpochIterations = 0;
        for (const batch of batches) {
          this.#evaluator.beforeTrainingIteration?.(this);
          this.#makeMinibatch(batch, "train", this.#trainRound);
          this.#evaluator.afterTrainingIteration?.(this);
          if (evalEveryIteration) this.eval(evalEveryIteration);
          clock.trainIterations += 1;
          clock.trainExpIterations += 1;
          clock.trainEpochIterations += 1;
          clock.totalIterations += 1;
        }
        this.#evaluator.afterTrainingEpoch?.(this);
        if (evalEveryEpoch) this.eval(evalEveryEpoch);
        clock.trainExpEpochs += 1;
        this.#trainRound += 1;
      }
      this.#evaluator.afterTrainingExp?.(this);
      clock.trainExpCounter += 1;
    }
    this.#evaluator.afterTraining?.(this);
  }

  /** One call of eval(). */
  eval(experiences: readonly Experience[], { batches = [3, 2] }: { batches?: readonly number[] } = {}): void {
    const saved = [this.isTraining, this.experience, this.iterationsPerEpoch] as const;
    this.isTraining = false;
    this.currentEvalStream = experiences;
    this.#evaluator.beforeEval?.(this);
    for (const experience of experiences) {
      this.experience = experience;
      this.iterationsPerEpoch = batches.length;
      this.#evaluator.beforeEvalExp?.(this);
      for (const batch of batches) {
        this.#evaluator.beforeEvalIteration?.(this);
        this.#makeMinibatch(batch, "eval", this.#evalRound);
        this.#evaluator.afterEvalIteration?.(this);
        this.clock.totalIterations += 1;
      }
      this.#evaluator.afterEvalExp?.(this);
    }
    this.#evaluator.afterEval?.(this);
    this.#evalRound += 1;
    [this.isTraining, this.experience, this.iterationsPerEpoch] = saved;
  }

  /** Logits are small whole numbers, so that equal ones are frequent. */
  #makeMinibatch(length: number, phase: "train" | "eval", round: number): void {
    const classes = this.#classes;
    this.mbY = Int32Array.from({ length }, () => this.#random.integer(classes));
    this.mbTaskId = Int32Array.from({ length }, () => (this.#tasks > 1 ? this.#random.integer(this.#tasks) : 0));
    const data = Float32Array.from({ length: length * classes }, () => this.#random.integer(4));
    this.mbOutput = { data, shape: [length, classes] };
    this.loss = this.#random.uniform();
    this.seen.push({
      phase,
      round,
      stream: this.experience.originStream.name,
      experience: this.experience.currentExperience,
      step: this.clock.trainIterations,
      logits: Array.from(this.mbY, (_, row) => [...data.subarray(row * classes, (row + 1) * classes)]),
      y: [...this.mbY],
      tasks: [...this.mbTaskId],
      loss: this.loss,
    });
  }
}
