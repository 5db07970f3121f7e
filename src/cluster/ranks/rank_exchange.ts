/** What the shards of all ranks are added up from. */
export interface SlotSum {
  /** What this rank's shards left, in shard order, each [P]. */
  readonly slots: readonly Float32Array<SharedArrayBuffer>[];
  /** How many shards each rank computed, in rank order: the shards of a rank follow those of the rank before. */
  readonly counts: readonly number[];
  /** The weight of each shard, of all ranks: their mean is taken then. Left out: their sum. */
  readonly weights?: readonly number[];
  /** Where every rank finds the result [P]; one of its slots, or another vector. */
  readonly into: Float32Array<SharedArrayBuffer>;
}

/** A vector of which each rank wrote one part. */
export interface RowGather {
  /** Of one length on all ranks; whole on all of them afterwards. */
  readonly values: Float32Array<SharedArrayBuffer>;
  /** Rank r wrote [bounds[r], bounds[r + 1]). */
  readonly bounds: readonly number[];
}

/**
 * How the processes of one run, its ranks, tell each other what they computed. Every rank makes the same calls in the
 * same order, one after another; a call resolves when this rank has what the others sent. What crosses is float32, and
 * a result never depends on who came first.
 */
export interface RankExchange {
  /** This process's number, from 0: another one after a rank below it was lost and the others go on. */
  readonly rank: number;
  /** R, how many there are: fewer after one was lost and the others go on. */
  readonly size: number;
  /**
   * Adds up slots in shard order, whatever the number of ranks, and gathers rows in the same exchange.
   * @throws {FewerRanksError} On every rank that is left, if some were lost: nothing was exchanged. Numbers and size
   * are other ones then.
   */
  exchangeSlots(sums: readonly SlotSum[], rows: readonly RowGather[]): Promise<void>;
  /** Gives every rank the rows of all. @throws {FewerRanksError} As `exchangeSlots`. */
  gatherOutputs(rows: readonly RowGather[]): Promise<void>;
  /** Puts rank 0's values in the place of every other rank's. */
  gatherParameters(vectors: readonly Float32Array<SharedArrayBuffer>[]): Promise<void>;
  /** What each rank says, in rank order. */
  agree(said: string): Promise<string[]>;
  /** Ends every wait with a reason, also those to come: another rank will not answer. */
  breakOff(reason: Error): void;
  /** Leaves the others. All ranks call it, unless it was broken off. May be called more than once. */
  close(): Promise<void>;
}
