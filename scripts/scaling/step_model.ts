/** A network, and what one rank of one thread takes for its own rows of a minibatch. */
export interface ModelledNetwork {
  readonly name: string;
  /** P */
  readonly parameters: number;
  /** Rows a rank. */
  readonly rows: number;
  /** Gathering, forward and backward pass. */
  readonly computeMs: number;
}

/** What connects ranks. */
export interface ModelledLink {
  readonly name: string;
  /** Bytes a rank sends, and receives, in a millisecond. */
  readonly bytesPerMs: number;
  /** What one message costs, beside its bytes. */
  readonly messageMs: number;
}

/** What does not depend on network and link. */
export interface ModelledRank {
  /** A command, its message to the thread of MPI and the answer. */
  readonly turnMs: number;
  /** Elements of float32 that are added in a millisecond. */
  readonly addedPerMs: number;
  /** Elements that SGD with momentum updates in a millisecond. */
  readonly updatedPerMs: number;
}

/** Where the time of a step goes. */
export interface ModelledStep {
  readonly computeMs: number;
  readonly exchangeMs: number;
  readonly addMs: number;
  readonly updateMs: number;
  readonly totalMs: number;
  /** Of one rank's speed, times the ranks. */
  readonly efficiency: number;
}

/**
 * The time of a step in which each of R ranks computes `shards` shards of its own rows. Each rank sends its slots'
 * slices to the others, adds its slice of all slots, and gets the other slices' sums.
 */
export function modelStep(
  ranks: number,
  network: ModelledNetwork,
  { link, rank, shards = 1 }: { readonly link: ModelledLink; readonly rank: ModelledRank; readonly shards?: number },
): ModelledStep {
  const { parameters, computeMs } = network;
  const updateMs = parameters / rank.updatedPerMs;
  const alone = computeMs + ((shards - 1) * parameters) / rank.addedPerMs + updateMs;
  if (ranks === 1) {
    const addMs = alone - computeMs - updateMs;
    return { computeMs, exchangeMs: 0, addMs, updateMs, totalMs: alone, efficiency: 1 };
  }
  const bytes = (4 * parameters * (shards + 1) * (ranks - 1)) / ranks;
  const exchangeMs = rank.turnMs + 2 * (ranks - 1) * link.messageMs + bytes / link.bytesPerMs;
  const addMs = ((ranks * shards - 1) * (parameters / ranks)) / rank.addedPerMs;
  const totalMs = computeMs + exchangeMs + addMs + updateMs;
  return { computeMs, exchangeMs, addMs, updateMs, totalMs, efficiency: alone / totalMs };
}
