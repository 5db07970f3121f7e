import { elementAt, valueAt } from "../../core/element_at.ts";
import { deserializeError } from "../../core/errors/error_data.ts";
import { countElements, type HostTensor } from "../../core/host_tensor.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { DataSource } from "../../data/data_source.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";

/** Coordinator-side handle to gradients of samples. Its memory holds the largest minibatch requested so far. */
export class InputGradientHandle {
  readonly #group: ReplicaGroup;
  #memory = createSharedFloat32(0);
  #isAllowed = false;

  constructor(group: ReplicaGroup) {
    this.#group = group;
  }

  /**
   * Gives the replicas memory for the gradients of these samples.
   * @throws {RangeError} If the model takes samples for ids.
   */
  async place(samples: Dataset): Promise<void> {
    if (!this.#isAllowed) {
      const answer = await this.#group.query({ kind: "inputGradients" });
      if (answer.kind === "refusal") throw deserializeError(answer.error);
      this.#isAllowed = true;
    }
    const length = samples.length * countElements(shapeOf(samples));
    if (this.#memory.length >= length) return;
    const memory = createSharedFloat32(length);
    await this.#group.send({ kind: "setInputGradients", values: memory });
    this.#memory = memory;
  }

  /** A copy of what was written for these samples [B, …sampleShape]. */
  read(samples: Dataset): HostTensor {
    const shape = [samples.length, ...shapeOf(samples)];
    return { data: this.#memory.slice(0, countElements(shape)), shape };
  }

  /** Prepares for another model, which may take samples otherwise. */
  forget(): void {
    this.#isAllowed = false;
  }
}

function shapeOf({ sources, references }: Dataset): DataSource["sampleShape"] {
  return valueAt(sources, elementAt(references.sourceIds, 0)).sampleShape;
}
