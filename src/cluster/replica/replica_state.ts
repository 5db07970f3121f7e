import { createSharedInt32 } from "../../core/shared/shared_memory.ts";
import type { DataSource } from "../../data/data_source.ts";
import type { EngineModel } from "../../engine/create_engine.ts";
import type { SharedFeatures } from "../../engine/feature_cache/shared_features.ts";
import type { GraphFile } from "../../engine/onnxruntime/graph_file.ts";
import { VectorKernels } from "../../kernels/vector_kernels.ts";
import type { OptimizerSpec } from "../../optimizers/optimizer_spec.ts";
import type { OptimizerSegment } from "../../optimizers/parameter_groups.ts";
import type { ActivationMemory } from "../memory/activation_memory.ts";
import type { AnchorVectors } from "../memory/anchor_vectors.ts";
import {
  type BatchMemory,
  changeOptimizerRoom,
  type ReplicaMemory,
  reattachMemory,
  type Slots,
} from "../memory/replica_memory.ts";
import type { RowFactorMemory } from "../memory/row_factor_memory.ts";
import type { PenaltyVectors } from "../penalty.ts";
import type { ReplicaCommand } from "../protocol/replica_command.ts";

/**
 * What the commands so far have set. A replica computes with it; the coordinator keeps the same state, so that it can
 * tell all of it to a replica that takes a lost one's place.
 */
export class ReplicaState {
  memory: ReplicaMemory;
  /** Over the memory's vectors. */
  kernels: VectorKernels;
  /** The model that replaced the one the replica was started with. */
  model: EngineModel | undefined;
  readonly sources = new Map<number, DataSource>();
  /** Parameter vectors beside the model's own, by their numbers from 1 on. */
  readonly vectors = new Map<number, Float32Array<SharedArrayBuffer>>();
  batch: BatchMemory | undefined;
  scratchSlots: Slots["gradientSlots"] = [];
  penalties: readonly PenaltyVectors[] = [];
  optimizer: OptimizerSpec | undefined;
  /** Groups of parameters, and parts of tasks; empty where there are none. */
  segments: readonly OptimizerSegment[] = [];
  /** By the numbers of the parts of tasks: which step the next one is for them, 0 where they are left alone. */
  taskSteps: Int32Array<SharedArrayBuffer> = createSharedInt32(0);
  activations: ActivationMemory | undefined;
  inputGradients: Float32Array<SharedArrayBuffer> | undefined;
  rowFactors: RowFactorMemory | undefined;
  anchor: AnchorVectors | undefined;
  held: readonly string[] = [];
  features: SharedFeatures | undefined;
  /** Graphs that the coordinator has made for the model, by name. */
  readonly graphs = new Map<string, GraphFile>();

  readonly #thread: number;

  /** @param thread The replica's number, or the number of replicas for the coordinator. */
  constructor(memory: ReplicaMemory, thread: number) {
    this.#thread = thread;
    this.memory = reattachMemory(memory);
    this.kernels = createKernels(this.memory, thread);
  }

  /** Takes a command in. Loading the model's engine is the replica's own business. */
  apply(command: ReplicaCommand): void {
    switch (command.kind) {
      case "addSources":
        for (const source of command.sources) this.sources.set(source.id, source);
        return;
      case "setSources":
        this.sources.clear();
        for (const source of command.sources) this.sources.set(source.id, source);
        return;
      case "setBatch":
        this.batch = command.batch;
        return;
      case "setVector":
        this.vectors.set(command.id, command.vector);
        return;
      case "setSlots": {
        const { gradientSlots, stateSlots } = command;
        this.memory = { ...this.memory, gradientSlots, stateSlots };
        return;
      }
      case "setScratchSlots":
        this.scratchSlots = command.slots;
        return;
      case "setPenalties":
        this.penalties = command.penalties;
        return;
      case "setOptimizer":
        this.optimizer = command.optimizer;
        this.segments = command.segments;
        this.taskSteps = command.taskSteps;
        if (command.room) this.memory = changeOptimizerRoom(this.memory, command.room);
        return;
      case "setActivations":
        this.activations = command.activations;
        return;
      case "setInputGradients":
        this.inputGradients = command.values;
        return;
      case "setRowFactors":
        this.rowFactors = command.rowFactors;
        return;
      case "setAnchor":
        this.anchor = command.anchor;
        return;
      case "setHeld":
        this.held = command.names;
        return;
      case "setFeatures":
        this.features = command.features;
        return;
      case "addGraph":
        this.graphs.set(command.name, command.file);
        return;
      case "forgetWeights":
        return;
      case "loadModel":
        this.#changeModel(command.model, command.memory);
        return;
    }
  }

  /** The commands that bring a replica, started with this memory and model, to this state. */
  listCommands(): ReplicaCommand[] {
    const { batch, optimizer, segments, taskSteps, activations, inputGradients, rowFactors, anchor, held, features } =
      this;
    return [
      { kind: "addSources", sources: [...this.sources.values()] },
      ...(batch ? [{ kind: "setBatch", batch } as const] : []),
      ...[...this.vectors].map(([id, vector]) => ({ kind: "setVector", id, vector }) as const),
      { kind: "setScratchSlots", slots: this.scratchSlots },
      { kind: "setPenalties", penalties: this.penalties },
      ...(optimizer ? [{ kind: "setOptimizer", optimizer, segments, taskSteps } as const] : []),
      ...(activations ? [{ kind: "setActivations", activations } as const] : []),
      ...(inputGradients ? [{ kind: "setInputGradients", values: inputGradients } as const] : []),
      ...(rowFactors ? [{ kind: "setRowFactors", rowFactors } as const] : []),
      ...(anchor ? [{ kind: "setAnchor", anchor } as const] : []),
      { kind: "setHeld", names: held },
      ...(features ? [{ kind: "setFeatures", features } as const] : []),
      ...[...this.graphs].map(([name, file]) => ({ kind: "addGraph", name, file }) as const),
    ];
  }

  #changeModel(model: EngineModel, memory: ReplicaMemory): void {
    this.memory = reattachMemory(memory);
    this.kernels = createKernels(this.memory, this.#thread);
    this.model = model;
    this.batch = undefined;
    this.scratchSlots = [];
    this.activations = undefined;
    this.rowFactors = undefined;
    this.anchor = undefined;
    this.held = [];
    this.features = undefined;
    this.vectors.clear();
    this.graphs.clear();
  }
}

function createKernels({ vectors, pieces }: ReplicaMemory, thread: number): VectorKernels {
  const own = pieces[thread];
  return vectors && own ? new VectorKernels({ memory: vectors, pieces: own }) : new VectorKernels();
}
