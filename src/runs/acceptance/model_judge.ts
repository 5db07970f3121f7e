import { RangeRefusal } from "../../core/errors/errors.ts";

/** Somebody who tries the models of a run, such as a server with a gate. */
export interface ModelJudge {
  /**
   * Waits until it is known whether the model that was trained up to an experience is accepted.
   * @returns The experiences whose models are accepted.
   */
  readonly listAccepted: (experience: number) => Promise<readonly number[]>;
  /** Is told what the run does after a refusal, before it does it. */
  readonly onRefusal?: (going: AfterRefusal) => void;
}

/** How a run goes on after a model that was not accepted. */
export interface AfterRefusal {
  /** The experience up to which the refused model was trained. */
  readonly refused: number;
  /** The experience that comes next. */
  readonly next: number;
  /** The experience after which the run takes its state; undefined where it goes on from the refused model. */
  readonly from: number | undefined;
  /** The experiences since then: they are trained once more, together with the next. */
  readonly again: readonly number[];
}

/** A run went back to an accepted model, which its folder holds now: it must be resumed to go on. */
export class WentBackError extends RangeRefusal {
  override readonly name = "WentBackError";

  constructor({ refused, from }: AfterRefusal) {
    super(`the model of experience ${refused} was refused: resume the run, which goes on from that of ${from}`);
  }
}
