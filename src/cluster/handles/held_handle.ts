import type { ReplicaGroup } from "../protocol/replica_group.ts";

/**
 * Coordinator-side handle to the parameters whose gradients training steps leave out: they are 0. What is computed
 * beside the steps is not concerned.
 */
export class HeldHandle {
  readonly #group: ReplicaGroup;
  #names: readonly string[] = [];
  #sent: readonly string[] = [];

  constructor(group: ReplicaGroup) {
    this.#group = group;
  }

  /** Of parameters in the model's layout, in any order; from the next step on. */
  set names(names: readonly string[]) {
    this.#names = names;
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /** Sends the replicas what has changed. */
  async publish(): Promise<void> {
    const isSame = this.#names.length === this.#sent.length && this.#names.every((name, i) => name === this.#sent[i]);
    if (isSame) return;
    await this.#group.send({ kind: "setHeld", names: this.#names });
    this.#sent = this.#names;
  }

  /** Prepares for another model, of which nothing is held yet. */
  forget(): void {
    this.#names = [];
    this.#sent = [];
  }
}
