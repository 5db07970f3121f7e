import { elementAt } from "../../core/element_at.ts";
import { createSharedFloat64 } from "../../core/shared/shared_memory.ts";
import { Word } from "../protocol/control_block.ts";
import { countRowsByReplica } from "./shards.ts";

/** Places of one replica's figures in `ReplicaMemory.timings`, from `TIMINGS_PER_REPLICA` times its index. */
export const Timing = { gatherMs: 0, engineMs: 1, barrierMs: 2, updateMs: 3 } as const;

const TIMINGS_PER_REPLICA = 4;

/** What one replica did with its time in the last command; what is missing of the command's time it waited. */
export interface ReplicaTimings {
  /** Reading and normalising rows, with the other preparations of its shards. */
  readonly gatherMs: number;
  /** Inside the engine: the forward and backward passes, dropout masks included. */
  readonly engineMs: number;
  /** Waiting for the slowest replica. */
  readonly barrierMs: number;
  /** Adding up its slice of the gradient, penalties and the optimizer. */
  readonly updateMs: number;
}

/** Room for the timings of this many replicas, zeroed. */
export function createTimings(replicas: number): Float64Array<SharedArrayBuffer> {
  return createSharedFloat64(replicas * TIMINGS_PER_REPLICA);
}

/** The figures of one replica: a view for the replica to write. */
export function viewTimings(timings: Float64Array<SharedArrayBuffer>, replica: number): Float64Array {
  return timings.subarray(replica * TIMINGS_PER_REPLICA, (replica + 1) * TIMINGS_PER_REPLICA);
}

/** A copy of every replica's figures. */
export function readTimings(timings: Float64Array<SharedArrayBuffer>): ReplicaTimings[] {
  return Array.from({ length: timings.length / TIMINGS_PER_REPLICA }, (_, replica) => {
    const own = viewTimings(timings, replica);
    const read = (place: number) => elementAt(own, place);
    return {
      gatherMs: read(Timing.gatherMs),
      engineMs: read(Timing.engineMs),
      barrierMs: read(Timing.barrierMs),
      updateMs: read(Timing.updateMs),
    };
  });
}

/**
 * Rows of the minibatch that stands in the control block, by the replica that computes them. The caller owns the
 * result.
 */
export function readRows(control: Int32Array, replicas: number): number[] {
  const shards = elementAt(control, Word.shardCount);
  const [first, end] = [elementAt(control, Word.firstShard), elementAt(control, Word.endShard)];
  return countRowsByReplica(elementAt(control, Word.batchSize), { shards, replicas, first, end });
}
