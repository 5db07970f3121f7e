import { deserializeError } from "../../core/errors/error_data.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import type { Bell } from "../../core/shared/bell.ts";
import { currentArena } from "../../core/shared/current_arena.ts";
import { ReplicaWord, replicaWord, Word } from "../protocol/control_block.ts";
import type { ReplicaHandle } from "./replica_handle.ts";
import { type SilenceWatch, SilentReplicaError } from "./silence_watch.ts";

const ANSWER_PATIENCE_MS = 2_000;

/** A replica that will not finish a command, and why. */
export interface Loss {
  readonly replica: number;
  readonly error: Error;
}

/** Waits for the replicas while they execute a command. */
export class CommandWatch {
  readonly #handles: readonly ReplicaHandle[];
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #completions: Bell;
  readonly #silence: SilenceWatch;

  /** @param handles Read at each call: another may have taken a place. */
  constructor(handles: readonly ReplicaHandle[], control: Int32Array<SharedArrayBuffer>, silence: SilenceWatch) {
    this.#handles = handles;
    this.#control = control;
    this.#completions = currentArena().openBell(control, Word.completions);
    this.#silence = silence;
  }

  /**
   * Waits until all replicas but those already `lost` are through with a command.
   * @returns The first of them that died, fell silent or failed; undefined if they all finished it.
   */
  async findLoss(sequence: number, lost: ReadonlySet<number>): Promise<Loss | undefined> {
    const watched = this.#handles.filter((_, replica) => !lost.has(replica));
    let isOver = false;
    const wait = watched.reduce(
      (inner, handle) => () => handle.guard(inner),
      () => this.#silence.guard(() => this.#followCommand(sequence, lost, () => isOver), lost),
    );
    try {
      const failed = await wait();
      return failed === undefined ? undefined : await this.#takeFailure(failed);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const isSilent = error instanceof SilentReplicaError;
      const replica = isSilent ? error.replica : this.#handles.findIndex((handle) => handle.lost === error);
      if (replica < 0) throw error;
      return { replica, error };
    } finally {
      isOver = true;
    }
  }

  /** Resolves when all are through, or with the first that failed. */
  async #followCommand(
    sequence: number,
    lost: ReadonlySet<number>,
    isOver: () => boolean,
  ): Promise<number | undefined> {
    const control = this.#control;
    while (!isOver()) {
      const completions = Atomics.load(control, Word.completions);
      let areAllThrough = true;
      for (let replica = 0; replica < this.#handles.length; replica++) {
        if (lost.has(replica)) continue;
        if (Atomics.load(control, replicaWord(replica, ReplicaWord.failed)) === sequence) return replica;
        areAllThrough &&= Atomics.load(control, replicaWord(replica, ReplicaWord.finished)) === sequence;
      }
      if (areAllThrough) return undefined;
      const ringing = this.#completions.waitAsync(completions);
      if (ringing) await ringing;
    }
    return undefined;
  }

  async #takeFailure(replica: number): Promise<Loss> {
    const failure = await this.#handles[replica]?.call(
      (remote) => remote.takeFailure(),
      "report its error",
      ANSWER_PATIENCE_MS,
    );
    const cause = failure ? deserializeError(failure) : new Error("no cause was given");
    // A file of the user's that is gone is no defect of the replica.
    if (cause instanceof RefusalError) return { replica, error: new RefusalError(cause.message, { cause }) };
    return {
      replica,
      error: new Error(`Cannot finish the step: replica ${replica} failed: ${cause.message}`, { cause }),
    };
  }
}
