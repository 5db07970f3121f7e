import { deserializeError } from "../core/error_data.ts";
import { countElements, type HostTensor } from "../core/host_tensor.ts";
import { createSharedFloat32 } from "../core/shared_memory.ts";
import type { DataSource } from "../data/data_source.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ReplicaGroup } from "./replica_group.ts";

/** The coordinator's hand on the gradients of samples: memory for as many as were ever asked for. */
export class InputGradientBoard {
  readonly #group: ReplicaGroup;
  #memory = createSharedFloat32(0);
  #isAllowed = false;

  constructor(group: ReplicaGroup) {
    this.#group = group;
  }

  /**
   * Has the replicas know where to write the gradients of these samples.
   * @throws {RangeError} If the model takes samples for ids.
   */
  async place(samples: Dataset): Promise<void> {
    if (!this.#isAllowed) {
      const refusal = await this.#group.ask((replica) => replica.refuseInputGradients());
      if (refusal) throw deserializeError(refusal);
      this.#isAllowed = true;
    }
    const length = samples.length * countElements(shapeOf(samples));
    if (this.#memory.length >= length) return;
    const memory = createSharedFloat32(length);
    await this.#group.tell((replica) => replica.attachInputGradients(memory));
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
  return sources.get(references.sourceIds[0] ?? -1)?.sampleShape ?? [];
}
