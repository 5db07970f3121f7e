import type { ClockCounters } from "../../evaluation/evaluated_strategy.ts";
import type { Experience } from "../../streams/experience.ts";
import { isOnlineExperience } from "../../streams/online_experience.ts";

/** What a clock knows of an online stream's pieces. */
export interface PieceCounters {
  /** Pieces that came behind another one of the same experience. */
  readonly continuations: number;
  /** The number of the experience that the last piece was cut from; null where a whole experience came after it. */
  readonly lastOrigin: number | null;
}

/** All that a clock holds, as plain data. */
export interface ClockState extends ClockCounters {
  /** Absent before the first piece. */
  readonly pieces?: PieceCounters;
}

/**
 * Counts the loop's events. It is the last plugin, so everyone else sees the number of an event before it is counted:
 * the first iteration is 0.
 */
export class Clock implements ClockCounters {
  trainIterations = 0;
  trainExpCounter = 0;
  trainExpEpochs = 0;
  trainExpIterations = 0;
  trainEpochIterations = 0;
  totalIterations = 0;
  #pieces: PieceCounters | undefined;

  get readsOutputs(): boolean {
    return false;
  }

  beforeTrainingExp(): void {
    this.trainExpIterations = 0;
    this.trainExpEpochs = 0;
  }

  beforeTrainingEpoch(): void {
    this.trainEpochIterations = 0;
  }

  afterTrainingIteration(): void {
    this.trainEpochIterations += 1;
    this.trainExpIterations += 1;
    this.trainIterations += 1;
    this.totalIterations += 1;
  }

  afterTrainingEpoch(): void {
    this.trainExpEpochs += 1;
  }

  afterTrainingExp({ experience }: { readonly experience: Experience }): void {
    this.trainExpCounter += 1;
    const lastOrigin = readOrigin(experience);
    if (lastOrigin === null && !this.#pieces) return;
    const continuations = (this.#pieces?.continuations ?? 0) + (this.#isContinued(experience) ? 1 : 0);
    this.#pieces = { continuations, lastOrigin };
  }

  /**
   * How many experiences came before the one that is trained. Pieces of an online stream are the experience that they
   * were cut from, as long as they come in a row.
   */
  countPast(experience: Experience): number {
    return this.trainExpCounter - (this.#pieces?.continuations ?? 0) - (this.#isContinued(experience) ? 1 : 0);
  }

  afterEvalIteration(): void {
    this.totalIterations += 1;
  }

  /** What `restore` needs to go on from here. */
  save(): ClockState {
    return { ...this, ...(this.#pieces ? { pieces: this.#pieces } : {}) };
  }

  /** Goes on from what `save` gave. */
  restore({ pieces, ...counters }: ClockState): void {
    Object.assign(this, counters);
    this.#pieces = pieces;
  }

  /** True for a piece of the experience whose piece was trained before it. */
  #isContinued(experience: Experience): boolean {
    const origin = readOrigin(experience);
    return origin !== null && origin === this.#pieces?.lastOrigin;
  }
}

function readOrigin(experience: Experience): number | null {
  return isOnlineExperience(experience) ? experience.originExperience.currentExperience : null;
}
