import { createSharedFloat32, createSharedFloat64, createSharedInt32 } from "../../core/shared/shared_memory.ts";
import { MAX_VECTORS, PIECE_SIZE } from "../../kernels/vector_kernels.ts";
import { createSharedVectors, reattachVector } from "../../kernels/vector_memory.ts";
import { MAX_GROUPS } from "../../optimizers/parameter_groups.ts";
import { createControlBlock } from "../protocol/control_block.ts";
import { createTimings } from "./step_timings.ts";

/** Sizes that decide how much memory the replicas of one model share. */
export interface MemorySizes {
  /** P, trainable parameters. */
  readonly parameters: number;
  /** Q, values of layer state. */
  readonly state: number;
  /** Whether training changes the state: each shard has a copy of it then. */
  readonly movesState: boolean;
  /** C, width of the output. */
  readonly outputs: number;
  /** S, logical shards. */
  readonly shards: number;
  /** How many of them this process computes at most: all, unless there are several ranks. */
  readonly ownShards: number;
  /** K, replicas. */
  readonly replicas: number;
  readonly optimizerVectors: number;
  /** True where a lost replica is to be replaced: then a chunk is kept while it is updated. */
  readonly keepsChunks: boolean;
}

/** Where shards leave what they computed. A slot is replaced when the replica was lost that may still write to it. */
export interface Slots {
  /** S gradients [P]; the reduction leaves the sum in the first. */
  readonly gradientSlots: Float32Array<SharedArrayBuffer>[];
  /** S copies of the layer state [Q], as each shard left it; [0] where training does not change it. */
  readonly stateSlots: Float32Array<SharedArrayBuffer>[];
}

/**
 * Everything the coordinator and its replicas share, in SharedArrayBuffers. The control block says who may touch what:
 * between a command's issue and its end the replicas own all of it, at any other time the coordinator does.
 */
export interface ReplicaMemory extends Slots {
  readonly sizes: MemorySizes;
  /** Holds parameters, gradient slots and optimizer state, where they fit into one. */
  readonly vectors: WebAssembly.Memory | undefined;
  /** Room in there for each replica's kernels to bring pieces of other vectors to, and last for the coordinator's. */
  readonly pieces: readonly (readonly Float32Array<SharedArrayBuffer>[])[];
  readonly control: Int32Array<SharedArrayBuffer>;
  /** Numbers that travel with a command, by `Hyper`. */
  readonly hyper: Float64Array<SharedArrayBuffer>;
  /** [P] */
  readonly parameters: Float32Array<SharedArrayBuffer>;
  /** [Q] */
  readonly state: Float32Array<SharedArrayBuffer>;
  /** Optimizer state, each [P]. */
  readonly optimizer: readonly Float32Array<SharedArrayBuffer>[];
  /** The penalties' values, one partial sum a chunk of the parameters. */
  readonly penaltySums: Float64Array<SharedArrayBuffer>;
  /** For each replica the chunk that it is updating, as it was before; none where lost replicas are not replaced. */
  readonly keptChunks: readonly Float32Array<SharedArrayBuffer>[];
  /** Where each replica's time went in the last command, by `Timing`. */
  readonly timings: Float64Array<SharedArrayBuffer>;
}

/** The part that grows with the minibatch; B is its capacity. */
export interface BatchMemory {
  readonly capacity: number;
  readonly sourceIds: Int32Array<SharedArrayBuffer>;
  readonly rows: Int32Array<SharedArrayBuffer>;
  readonly taskLabels: Int32Array<SharedArrayBuffer>;
  /** What `Mixing` has of each row, where samples are mixed. */
  readonly mixing: {
    /** [B] */
    readonly partners: Int32Array<SharedArrayBuffer>;
    /** [B] */
    readonly shares: Float32Array<SharedArrayBuffer>;
    /** [B, 4] */
    readonly rectangles: Int32Array<SharedArrayBuffer>;
  };
  /** [B, C] */
  readonly targets: Float32Array<SharedArrayBuffer>;
  /** [B] */
  readonly weights: Float32Array<SharedArrayBuffer>;
  /** [C] */
  readonly classMask: Float32Array<SharedArrayBuffer>;
  /** [B, C] */
  readonly elementWeights: Float32Array<SharedArrayBuffer>;
  /** The objective's constant [1]; NaN where it has none. */
  readonly constant: Float64Array<SharedArrayBuffer>;
  /** [B, C] */
  readonly outputs: Float32Array<SharedArrayBuffer>;
  /** [B] */
  readonly losses: Float32Array<SharedArrayBuffer>;
  /** What holds the rows' features to what they were [B], in steps that do so. */
  readonly anchorLosses: Float32Array<SharedArrayBuffer>;
  /** [B, C] */
  readonly dOutputs: Float32Array<SharedArrayBuffer>;
}

/**
 * Elements of the flat vectors that one replica reduces and updates at a time: a few vectors of it stay in the cache.
 */
export const CHUNK_SIZE = 16_384;

/** Places in `ReplicaMemory.hyper`. The loss scale is 0 for what is computed in float32. */
export const Hyper = { learningRate: 0, lossScale: 1, firstPenaltyScale: 2, firstGroupRate: 18 } as const;

/** How many penalties can be active at once. */
export const MAX_PENALTIES = Hyper.firstGroupRate - Hyper.firstPenaltyScale;

/** What replicas go on with when another model takes the place of theirs. */
export type KeptMemory = Pick<ReplicaMemory, "control" | "hyper" | "timings" | "keptChunks">;

/** Allocates the shared memory of one model, zeroed; `kept` is of the model before, for the same replicas. */
export function createReplicaMemory(sizes: MemorySizes, kept?: KeptMemory): ReplicaMemory {
  const createMany = (count: number, length: number) =>
    Array.from({ length: count }, () => createSharedFloat32(length));
  const { parameters: size, ownShards, optimizerVectors, replicas } = sizes;
  const vectorCount = 1 + ownShards + optimizerVectors;
  const shared = createSharedVectors([
    ...new Array<number>(vectorCount).fill(size),
    ...new Array<number>((replicas + 1) * MAX_VECTORS).fill(PIECE_SIZE),
  ]);
  const [parameters = createSharedFloat32(size), ...others] = shared.vectors.slice(0, vectorCount);
  const pieces = shared.vectors.slice(vectorCount);
  return {
    sizes,
    vectors: shared.memory,
    pieces: Array.from({ length: replicas + 1 }, (_, i) => pieces.slice(i * MAX_VECTORS, (i + 1) * MAX_VECTORS)),
    control: kept?.control ?? createControlBlock(sizes.replicas),
    hyper: kept?.hyper ?? createSharedFloat64(Hyper.firstGroupRate + MAX_GROUPS),
    parameters,
    state: createSharedFloat32(sizes.state),
    gradientSlots: others.slice(0, ownShards),
    stateSlots: createMany(sizes.ownShards, sizes.movesState ? sizes.state : 0),
    optimizer: others.slice(ownShards),
    penaltySums: createSharedFloat64(Math.ceil(sizes.parameters / CHUNK_SIZE)),
    // A chunk of the gradient, of the parameters and of each optimizer vector.
    keptChunks:
      kept?.keptChunks ?? createMany(sizes.keepsChunks ? sizes.replicas : 0, (2 + sizes.optimizerVectors) * CHUNK_SIZE),
    timings: kept?.timings ?? createTimings(sizes.replicas),
  };
}

/** What an optimizer keeps, and room for its chunks. */
export type OptimizerRoom = Pick<ReplicaMemory, "optimizer" | "keptChunks">;

/** Zeroed room for another optimizer of the same model, in buffers of its own. */
export function makeOptimizerRoom({ sizes, keptChunks }: ReplicaMemory, vectors: number): OptimizerRoom {
  return {
    optimizer: Array.from({ length: vectors }, () => createSharedFloat32(sizes.parameters)),
    keptChunks: keptChunks.map(() => createSharedFloat32((2 + vectors) * CHUNK_SIZE)),
  };
}

/** The memory with other room for an optimizer. */
export function changeOptimizerRoom(memory: ReplicaMemory, room: OptimizerRoom): ReplicaMemory {
  return { ...memory, ...room, sizes: { ...memory.sizes, optimizerVectors: room.optimizer.length } };
}

/** The memory as it came to this thread, such that kernels find the vectors in theirs. */
export function reattachMemory(memory: ReplicaMemory): ReplicaMemory {
  const { vectors, pieces, parameters, gradientSlots, optimizer } = memory;
  if (!vectors || liesIn(parameters, vectors.buffer)) return memory;
  // A slot that took another's place has a buffer of its own.
  const reattach = (vector: Float32Array<SharedArrayBuffer>) =>
    liesIn(vector, parameters.buffer) ? reattachVector(vector, vectors) : vector;
  return {
    ...memory,
    pieces: pieces.map((thread) => thread.map(reattach)),
    parameters: reattach(parameters),
    gradientSlots: gradientSlots.map(reattach),
    optimizer: optimizer.map(reattach),
  };
}

function liesIn({ buffer }: Float32Array, other: ArrayBufferLike): boolean {
  return buffer === other;
}

/** Allocates the memory for minibatches of up to `capacity` samples with `outputs` values each. */
export function createBatchMemory(capacity: number, outputs: number): BatchMemory {
  return {
    capacity,
    sourceIds: createSharedInt32(capacity),
    rows: createSharedInt32(capacity),
    taskLabels: createSharedInt32(capacity),
    mixing: {
      partners: createSharedInt32(capacity),
      shares: createSharedFloat32(capacity),
      rectangles: createSharedInt32(4 * capacity),
    },
    targets: createSharedFloat32(capacity * outputs),
    weights: createSharedFloat32(capacity),
    classMask: createSharedFloat32(outputs),
    elementWeights: createSharedFloat32(capacity * outputs),
    constant: createSharedFloat64(1),
    outputs: createSharedFloat32(capacity * outputs),
    losses: createSharedFloat32(capacity),
    anchorLosses: createSharedFloat32(capacity),
    dOutputs: createSharedFloat32(capacity * outputs),
  };
}
