import { elementAt } from "../../core/element_at.ts";
import { createSharedInt32 } from "../../core/shared/shared_memory.ts";
import type { Mixing } from "../../data/transforms/mixing.ts";
import type { RowMeasure } from "../../onnx/row_measure.ts";

/**
 * The int32 words by which coordinator and replicas take turns. The coordinator writes a command, adds one to
 * `sequence` and wakes the replicas; each replica that is done writes the command's number to its own word `finished`
 * and wakes the coordinator. The number tells the writes of a replica that was given up from those of the current one.
 */
export const Word = {
  sequence: 0,
  /** Changes whenever a replica is done: what the coordinator waits for. */
  completions: 1,
  /** The barrier inside the command; see barrier.ts. */
  barrier: 2,
  /** What to do: a sum of `Phase`s. */
  phases: 3,
  batchSize: 4,
  shardCount: 5,
  /** 1 in training, 0 in evaluation. */
  training: 6,
  /** Decides the dropout masks. */
  dropoutStep: 7,
  seed: 8,
  /** Which parameters: 0 the model's own, n the n-th alternate vector. */
  vector: 9,
  /** Which minibatch; equal numbers mean equal rows, so that a gathered input can be used again. */
  batchId: 10,
  /** The number of one of `OBJECTIVE_KINDS`. */
  objective: 11,
  /** Optimizer steps done, this one included. */
  stepCount: 12,
  /**
   * Set by a replica that met a loss, or outputs, that are not finite; update and new state are then left out by all.
   */
  notFinite: 13,
  /** 1 when the gradient goes to the scratch slots instead of the training slots. */
  scratch: 14,
  /** 0 the gradient, n the n-th of `ROW_MEASURES` of the rows' own gradients. */
  rowMeasure: 15,
  /** 1 when the objective has a class mask. */
  classMask: 16,
  /** 0 when samples are read as they are, n when they are augmented as in the n-th training iteration. */
  augmentation: 17,
  /** 1 when the objective has weights of elements. */
  elementWeights: 18,
  /** The shards from this one up to `endShard` are computed by this process: all, unless there are several ranks. */
  firstShard: 19,
  endShard: 20,
  /** The number of weights that stay as they are for many evaluated rows; 0 where they may change. */
  weightsNumber: 21,
  /** Set by a replica whose gradient was too large for float16; the update is then left out by all. */
  overflow: 22,
  /** Groups of vectors that somebody may have written to since the last command, by `ResidentGroup`. */
  hostChanged: 23,
  /** Groups of vectors that are newer on the device than in shared memory. */
  deviceChanged: 24,
  /** Groups of vectors that a command is to bring back. */
  wanted: 25,
  /** 0 when nobody looks at the outputs of a fused step: ranks keep theirs for themselves. */
  wantsOutputs: 26,
  /** How the samples of the minibatch are mixed: equal numbers mean equally; 0 when they are not. */
  mixing: 27,
  /** The number of one of `MIXING_KINDS`. */
  mixingKind: 28,
  /** 1 when the objective holds features to what they were: the last anchor that was set. */
  anchored: 29,
  /** The first of `WORDS_PER_REPLICA` words for each replica. */
  firstReplica: 30,
} as const;

/** The ways of mixing samples, by the numbers that stand for them in the control block. */
export const MIXING_KINDS: readonly Mixing["kind"][] = ["mixup", "cutmix"];

/** The number of the way in which the minibatch is mixed, 0 where it is not, and its kind. */
export function readMixing(control: Int32Array): {
  readonly mixing: number;
  readonly mixingKind: Mixing["kind"] | undefined;
} {
  const mixing = elementAt(control, Word.mixing);
  return { mixing, mixingKind: mixing > 0 ? MIXING_KINDS[elementAt(control, Word.mixingKind)] : undefined };
}

/** Words of one replica, from `replicaWord(replica, …)`. */
export const ReplicaWord = {
  heartbeat: 0,
  activity: 1,
  slowestCallMs: 2,
  /** The number of the last command at whose barrier it has arrived. */
  arrived: 3,
  /** The number of the last command that it has finished. */
  finished: 4,
  /** The number of the last command that failed. */
  failed: 5,
  /** Twice the chunks of its slice that are updated, plus one while it is in the middle of the next. */
  progress: 6,
  /** How many replicas have been in this place before: one that reads another number than its own was replaced. */
  generation: 7,
} as const;

const WORDS_PER_REPLICA = 8;

/** What a replica does for one command, in this order. */
export const Phase = {
  forward: 1,
  backward: 2,
  gradient: 4,
  reduce: 8,
  penalties: 16,
  update: 32,
  state: 64,
  activations: 128,
  inputGradients: 256,
  /** Brings vectors from the device to shared memory, and does nothing else. */
  bringBack: 512,
  rowFactors: 1024,
} as const;

/** The phases in which shards are computed. */
export const COMPUTING =
  Phase.forward | Phase.backward | Phase.gradient | Phase.activations | Phase.inputGradients | Phase.rowFactors;

/** Whether a command is a step of training of the model itself, no side computation. */
export function isTrainingStep(control: Int32Array): boolean {
  return control[Word.training] === 1 && control[Word.scratch] === 0 && control[Word.vector] === 0;
}

/** What may be added up of the rows' own gradients, by `Word.rowMeasure` − 1. */
export const ROW_MEASURES: readonly RowMeasure[] = ["square", "absolute"];

/** What a replica is busy with, for the message when it falls silent. */
export const Activity = { waiting: 0, gathering: 1, computing: 2, barrier: 3, updating: 4 } as const;

/** A control block for this many replicas, zeroed. */
export function createControlBlock(replicas: number): Int32Array<SharedArrayBuffer> {
  return createSharedInt32(Word.firstReplica + replicas * WORDS_PER_REPLICA);
}

/** The index of one of a replica's own words. */
export function replicaWord(replica: number, word: (typeof ReplicaWord)[keyof typeof ReplicaWord]): number {
  return Word.firstReplica + replica * WORDS_PER_REPLICA + word;
}

/** The name of an activity word's value, for messages. */
export function describeActivity(activity: number): string {
  const names = ["waiting for a command", "gathering its rows", "computing", "waiting for the others", "updating"];
  return elementAt(names, activity);
}
