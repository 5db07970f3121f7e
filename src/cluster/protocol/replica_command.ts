import type { ErrorData } from "../../core/errors/error_data.ts";
import type { DataSource } from "../../data/data_source.ts";
import type { EngineModel } from "../../engine/create_engine.ts";
import type { DeviceTraffic } from "../../engine/device/device_memory.ts";
import type { SharedFeatures } from "../../engine/feature_cache/shared_features.ts";
import type { GraphFile } from "../../engine/onnxruntime/graph_file.ts";
import type { RowFactorLayout } from "../../onnx/row_factors.ts";
import type { OptimizerSpec } from "../../optimizers/optimizer_spec.ts";
import type { OptimizerSegment } from "../../optimizers/parameter_groups.ts";
import type { ActivationMemory } from "../memory/activation_memory.ts";
import type { AnchorVectors } from "../memory/anchor_vectors.ts";
import type { BatchMemory, OptimizerRoom, ReplicaMemory, Slots } from "../memory/replica_memory.ts";
import type { RowFactorMemory } from "../memory/row_factor_memory.ts";
import type { PenaltyVectors } from "../penalty.ts";

/**
 * What the coordinator tells replicas between steps. Commands are plain data and shared memory: they cross to a Worker,
 * and can be kept and sent again to a replica that takes a lost one's place.
 */
export type ReplicaCommand =
  | { readonly kind: "addSources"; readonly sources: readonly DataSource[] }
  /** The same, and forgets all others. */
  | { readonly kind: "setSources"; readonly sources: readonly DataSource[] }
  | { readonly kind: "setBatch"; readonly batch: BatchMemory }
  /** Gives alternate parameter vector `id` (from 1) to the replica. */
  | { readonly kind: "setVector"; readonly id: number; readonly vector: Float32Array<SharedArrayBuffer> }
  /** Replaces the slots of the memory: a lost replica may still write to its own. */
  | ({ readonly kind: "setSlots" } & Slots)
  | { readonly kind: "setScratchSlots"; readonly slots: Slots["gradientSlots"] }
  | { readonly kind: "setPenalties"; readonly penalties: readonly PenaltyVectors[] }
  /**
   * How to step; by `segments` where there are groups of parameters, or parts that belong to tasks. `taskSteps` holds
   * the number of the next step of each such part, 0 where it is left alone. With `room` for an optimizer that keeps
   * more or fewer vectors than the one before.
   */
  | {
      readonly kind: "setOptimizer";
      readonly optimizer: OptimizerSpec;
      readonly segments: readonly OptimizerSegment[];
      readonly taskSteps: Int32Array<SharedArrayBuffer>;
      readonly room?: OptimizerRoom;
    }
  /** Which layer the activations phase is about, and where its values go. */
  | { readonly kind: "setActivations"; readonly activations: ActivationMemory }
  /** Where the gradients of the samples go, [capacity · values of a sample]. */
  | { readonly kind: "setInputGradients"; readonly values: Float32Array<SharedArrayBuffer> }
  /** Where the factors of the rows' own gradients go. */
  | { readonly kind: "setRowFactors"; readonly rowFactors: RowFactorMemory }
  /** What features are held to in steps of which `Word.anchored` says so. */
  | { readonly kind: "setAnchor"; readonly anchor: AnchorVectors }
  /** Parameters, by name, whose gradients training steps leave out. */
  | { readonly kind: "setHeld"; readonly names: readonly string[] }
  /** Where features of frozen layers are found and kept; takes the place of what was there before. */
  | { readonly kind: "setFeatures"; readonly features: SharedFeatures }
  /** A graph that the coordinator has made for the model, by the name that the engine asks for it by. */
  | { readonly kind: "addGraph"; readonly name: string; readonly file: GraphFile }
  /** Frees what was prepared for weights that stayed as they are: the evaluation has ended. */
  | { readonly kind: "forgetWeights" }
  /** Replaces the model. Sources and penalties stay; minibatch memory, graphs and alternate vectors are forgotten. */
  | { readonly kind: "loadModel"; readonly model: EngineModel; readonly memory: ReplicaMemory };

/** What the coordinator asks one replica; all replicas of a model answer alike. */
export type ReplicaQuestion =
  /** The shape of one row of a layer's output. */
  | { readonly kind: "activationShape"; readonly layerName: string }
  /** Whether the engine can compute gradients of the samples; the shape of the answer is empty. */
  | { readonly kind: "inputGradients" }
  /** How the rows' own gradients are made of factors. */
  | { readonly kind: "rowFactors" }
  /** The shape of one row of a layer's output, if the engine can hold that to what it was. */
  | { readonly kind: "anchor"; readonly layerName: string }
  /** What was copied to and from the device so far. */
  | { readonly kind: "traffic" };

/** What was asked for, or why there is none: errors cross a Worker's border as data. */
export type ReplicaAnswer =
  | { readonly kind: "shape"; readonly shape: readonly number[] }
  /** Undefined where there are none. */
  | { readonly kind: "rowFactors"; readonly layout: RowFactorLayout | undefined }
  /** Undefined where the device is the processor. */
  | { readonly kind: "traffic"; readonly traffic: Readonly<DeviceTraffic> | undefined }
  | { readonly kind: "refusal"; readonly error: ErrorData };
