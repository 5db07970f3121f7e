import { elementAt } from "../../core/element_at.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import { locateShard } from "../memory/shards.ts";
import { Phase, Word } from "../protocol/control_block.ts";
import type { ReplicaState } from "../replica/replica_state.ts";
import type { RowGather, SlotSum } from "./rank_exchange.ts";

/** The shards [bounds[r], bounds[r + 1]) are rank r's: neighbours, so that their rows are neighbours too. */
export function divideShards(shardCount: number, ranks: number): number[] {
  return Array.from({ length: ranks + 1 }, (_, rank) => locateShard(shardCount, rank, ranks).start);
}

/**
 * What the command in the control block has added up over the ranks, once each has computed its shards: the gradient in
 * slot 0, and the mean of the layers' state in slot 0 of those.
 */
export function listSums({ memory, scratchSlots }: ReplicaState, phases: number, owned: readonly number[]): SlotSum[] {
  const { control, gradientSlots, stateSlots } = memory;
  const counts = owned.slice(1).map((end, rank) => end - elementAt(owned, rank));
  const sums: SlotSum[] = [];
  if (phases & Phase.reduce) {
    const isScratch = control[Word.scratch] === 1;
    const first = elementAt(control, Word.firstShard);
    const own = isScratch
      ? scratchSlots.slice(first, elementAt(control, Word.endShard))
      : gradientSlots.slice(0, elementAt(control, Word.endShard) - first);
    const into = elementAt(isScratch ? scratchSlots : gradientSlots, 0);
    sums.push({ slots: own, counts, into });
  }
  if (phases & Phase.state) {
    const [rows, shards] = [elementAt(control, Word.batchSize), elementAt(control, Word.shardCount)];
    const weights = Array.from({ length: shards }, (_, shard) => {
      const { start, end } = locateShard(rows, shard, shards);
      return end - start;
    });
    const own = stateSlots.slice(0, elementAt(control, Word.endShard) - elementAt(control, Word.firstShard));
    sums.push({ slots: own, counts, weights, into: elementAt(stateSlots, 0) });
  }
  return sums;
}

/** The vectors of which each rank has computed its rows alone. */
export function listRows(known: ReplicaState, phases: number, owned: readonly number[]): RowGather[] {
  const { batch, memory, activations, inputGradients, rowFactors, scratchSlots } = known;
  const { control, sizes } = memory;
  if (!batch) throw new RefusalError("the ranks have nothing to exchange: no minibatch was placed");
  const [size, shards] = [elementAt(control, Word.batchSize), elementAt(control, Word.shardCount)];
  const rows = owned.map((shard) => locateShard(size, shard, shards).start);
  const gathered: RowGather[] = [];
  const gather = (values: Float32Array<SharedArrayBuffer>, width: number) =>
    gathered.push({ values, bounds: rows.map((row) => row * width) });
  const wantsOutputs = phases & Phase.forward || (phases & Phase.gradient && control[Word.wantsOutputs] === 1);
  if (wantsOutputs) gather(batch.outputs, sizes.outputs);
  if (phases & Phase.gradient) gather(batch.losses, 1);
  if (phases & Phase.gradient && control[Word.anchored] === 1) gather(batch.anchorLosses, 1);
  if (phases & Phase.activations && activations) gather(activations.values, activations.width);
  if (phases & Phase.inputGradients && inputGradients) gather(inputGradients, inputGradients.length / batch.capacity);
  if (phases & Phase.rowFactors && rowFactors) gather(rowFactors.values, rowFactors.width);
  if (phases & Phase.backward && !(phases & Phase.reduce)) {
    // One shard a sample: every rank gets each gradient as it is.
    for (const [rank, start] of owned.slice(0, -1).entries()) {
      for (let shard = start; shard < elementAt(owned, rank + 1); shard++) {
        const values = elementAt(scratchSlots, shard);
        gathered.push({ values, bounds: owned.map((_, other) => (other > rank ? values.length : 0)) });
      }
    }
  }
  return gathered;
}
