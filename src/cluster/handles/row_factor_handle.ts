import { deserializeError } from "../../core/errors/error_data.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { RowFactorLayout } from "../../onnx/row_factors.ts";
import type { RowFactorMemory } from "../memory/row_factor_memory.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";

/**
 * Coordinator-side handle to the factors of rows' own gradients: knows how gradients are made of them, and keeps memory
 * for the largest minibatch requested so far.
 */
export class RowFactorHandle {
  readonly #group: ReplicaGroup;
  #known: { readonly layout: RowFactorLayout | undefined } | undefined;
  #memory: RowFactorMemory | undefined;

  constructor(group: ReplicaGroup) {
    this.#group = group;
  }

  /** How the model's gradients are made of factors; undefined where they are not, or the engine gives none. */
  async findLayout(): Promise<RowFactorLayout | undefined> {
    this.#known ??= { layout: await this.#ask() };
    return this.#known.layout;
  }

  /**
   * Gives the replicas memory for the factors of up to `capacity` rows.
   * @throws {RefusalError} If there are no factors.
   */
  async place(capacity: number): Promise<void> {
    const layout = await this.findLayout();
    if (!layout) throw new RefusalError("gradients of this model's rows have no factors");
    const { width } = layout;
    if (this.#memory && this.#memory.values.length >= capacity * width) return;
    const memory = { width, values: createSharedFloat32(capacity * width) };
    await this.#group.send({ kind: "setRowFactors", rowFactors: memory });
    this.#memory = memory;
  }

  /** A copy of what was written for the first `rows` rows, [rows, F]. */
  read(rows: number): HostTensor {
    if (!this.#memory) throw new Error("no factors of rows' gradients were requested");
    const { width, values } = this.#memory;
    return { data: values.slice(0, rows * width), shape: [rows, width] };
  }

  /** Prepares for another model. */
  forget(): void {
    this.#known = undefined;
    this.#memory = undefined;
  }

  async #ask(): Promise<RowFactorLayout | undefined> {
    const answer = await this.#group.query({ kind: "rowFactors" });
    switch (answer.kind) {
      case "rowFactors":
        return answer.layout;
      case "refusal":
        throw deserializeError(answer.error);
      case "shape":
      case "traffic":
        throw new TypeError(`a replica was asked for factors and gave its ${answer.kind}`);
    }
  }
}
