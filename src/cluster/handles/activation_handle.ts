import { valueAt } from "../../core/element_at.ts";
import { deserializeError } from "../../core/errors/error_data.ts";
import { countElements, type HostTensor } from "../../core/host_tensor.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { ActivationMemory } from "../memory/activation_memory.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";

/** Coordinator-side handle to layer activations: knows layer shapes and keeps memory for the last layer requested. */
export class ActivationHandle {
  readonly #group: ReplicaGroup;
  #shapes = new Map<string, readonly number[]>();
  #memory: ActivationMemory | undefined;

  constructor(group: ReplicaGroup) {
    this.#group = group;
  }

  /**
   * Gives the replicas memory for a layer's activations of up to `capacity` rows.
   * @throws {RangeError} If the model has no such layer.
   */
  async place(layerName: string, capacity: number): Promise<void> {
    const width = countElements(await this.#findShape(layerName));
    const held = this.#memory;
    if (held?.layerName === layerName && held.values.length >= capacity * width) return;
    const memory = { layerName, width, values: createSharedFloat32(capacity * width) };
    await this.#group.send({ kind: "setActivations", activations: memory });
    this.#memory = memory;
  }

  /** A copy of what was written for the first `rows` rows, [rows, …]. */
  read(rows: number): HostTensor {
    if (!this.#memory) throw new Error("no layer's activations were requested");
    const { layerName, width, values } = this.#memory;
    return { data: values.slice(0, rows * width), shape: [rows, ...valueAt(this.#shapes, layerName)] };
  }

  /** Prepares for another model, whose layers may have other shapes. */
  forget(): void {
    this.#shapes = new Map();
    this.#memory = undefined;
  }

  async #findShape(layerName: string): Promise<readonly number[]> {
    const known = this.#shapes.get(layerName);
    if (known) return known;
    const answer = await this.#group.query({ kind: "activationShape", layerName });
    switch (answer.kind) {
      case "shape":
        this.#shapes.set(layerName, answer.shape);
        return answer.shape;
      case "refusal":
        throw deserializeError(answer.error);
      case "rowFactors":
      case "traffic":
        throw new TypeError(`a replica was asked for a shape and gave its ${answer.kind}`);
    }
  }
}
