import type { ErrorData } from "../core/error_data.ts";
import type { DataSource } from "../data/data_source.ts";
import type { EngineModel } from "../engine/create_engine.ts";
import type { OptimizerSpec } from "../optimizers/optimizer_spec.ts";
import type { ActivationMemory, ActivationShape } from "./activation_memory.ts";
import type { QuadraticPenalty } from "./penalty.ts";
import type { BatchMemory, ReplicaMemory, Slots } from "./replica_memory.ts";

/**
 * What the coordinator may tell a replica between commands; the same methods serve a Worker's replica and an inline
 * one.
 */
export interface ReplicaControl {
  addSources(sources: readonly DataSource[]): void | Promise<void>;
  attachBatch(batch: BatchMemory): void | Promise<void>;
  /** Gives alternate parameter vector `id` (from 1) to the replica. */
  attachVector(id: number, vector: Float32Array<SharedArrayBuffer>): void | Promise<void>;
  /** Puts other slots in the place of the memory's: a replica was lost that may still write to its own. */
  attachSlots(slots: Slots): void | Promise<void>;
  attachScratchSlots(slots: Slots["gradientSlots"]): void | Promise<void>;
  attachPenalties(penalties: readonly Pick<QuadraticPenalty, "a" | "b">[]): void | Promise<void>;
  attachOptimizer(spec: OptimizerSpec): void | Promise<void>;
  /** Says which layer the activations phase is about, and where its values go. */
  attachActivations(memory: ActivationMemory): void | Promise<void>;
  /** Says where the gradients of the samples go, [capacity · values of a sample], in shared memory. */
  attachInputGradients(values: Float32Array<SharedArrayBuffer>): void | Promise<void>;
  /**
   * Puts another model in place of its own. Data and penalties stay; minibatch memory and other vectors are forgotten.
   */
  loadModel(model: EngineModel, memory: ReplicaMemory): void | Promise<void>;
  close(): void | Promise<void>;
}

/** What the coordinator may ask a replica between commands; all of one model answer alike. */
export interface ReplicaQuestions {
  /** The shape of one row of what a layer gives. */
  measureActivation(layerName: string): ActivationShape | Promise<ActivationShape>;
  /** Why there is no gradient of the samples; nothing where there is one. */
  refuseInputGradients(): ErrorData | undefined | Promise<ErrorData | undefined>;
}
