import { elementAt } from "../../core/element_at.ts";

/**
 * A minibatch is cut into shards by its size alone, never by the number of replicas: that is what makes results equal.
 */

/** A shard smaller than this is not worth a replica. */
const MIN_SHARD_ROWS = 16;

/** How many of `logicalShards` a minibatch of `batchSize` samples is cut into: at least 1. */
export function countShards(batchSize: number, logicalShards: number): number {
  return Math.max(1, Math.min(logicalShards, Math.floor(batchSize / MIN_SHARD_ROWS)));
}

/** The samples [start, end) of shard `shard` of `shardCount`; sizes differ by at most one. */
export function locateShard(batchSize: number, shard: number, shardCount: number): { start: number; end: number } {
  return {
    start: Math.floor((shard * batchSize) / shardCount),
    end: Math.floor(((shard + 1) * batchSize) / shardCount),
  };
}

/**
 * The elements [start, end) of a vector [size] that replica `replica` of `replicas` owns; bounds are multiples of
 * `chunk`.
 */
export function locateSlice(
  size: number,
  chunk: number,
  part: { replica: number; replicas: number },
): { start: number; end: number } {
  const chunks = Math.ceil(size / chunk);
  const { start, end } = locateShard(chunks, part.replica, part.replicas);
  return { start: start * chunk, end: Math.min(end * chunk, size) };
}

/**
 * How many samples of a minibatch each replica computes of the shards [first, end), one after another given to the
 * replicas in turn. Default: all shards. The caller owns the result.
 */
export function countRowsByReplica(
  batchSize: number,
  {
    shards,
    replicas,
    first = 0,
    end = shards,
  }: { readonly shards: number; readonly replicas: number; readonly first?: number; readonly end?: number },
): number[] {
  const rows = new Array<number>(replicas).fill(0);
  for (let shard = first; shard < end; shard++) {
    const range = locateShard(batchSize, shard, shards);
    const replica = (shard - first) % replicas;
    rows[replica] = elementAt(rows, replica) + range.end - range.start;
  }
  return rows;
}
