import { elementAt } from "../../core/element_at.ts";
import { stepOptimizer } from "../../optimizers/step_optimizer.ts";
import { stepSegments } from "../../optimizers/step_segments.ts";
import { CHUNK_SIZE, Hyper } from "../memory/replica_memory.ts";
import { locateShard, locateSlice } from "../memory/shards.ts";
import { addPenaltyGradient } from "../penalty.ts";
import { Phase, Word } from "../protocol/control_block.ts";
import { type Chunk, ChunkKeeper } from "./chunk_keeper.ts";
import { averageSlots, reduceSlots } from "./reduce_slots.ts";
import type { ReplicaState } from "./replica_state.ts";

/**
 * One replica's part in what is done once all shards are computed: its slice of the vectors, and layer state for the
 * first.
 */
export interface ReplicaPart {
  readonly index: number;
  readonly known: ReplicaState;
  /** Asked before each chunk: true if another replica does this part by now. */
  readonly isRetired?: () => boolean;
}

/** The phases that change the replica's slice. */
const CHANGING = Phase.reduce | Phase.penalties | Phase.update;

/** Does a replica's part of the command in the control block after the barrier. */
export function workAfterBarrier(part: ReplicaPart, phases: number): void {
  if (phases & Phase.state && part.index === 0) reduceState(part);
  if (phases & CHANGING) updateSlice(part, phases, { firstChunk: 0 });
}

/**
 * Finishes the part of a replica that was lost after the barrier, from the chunk it had reached: the same
 * arithmetic on the same numbers. The replica must not write any more.
 */
export function finishAfterBarrier(part: ReplicaPart, phases: number): void {
  // The state's mean is taken from slots that it leaves as they are, so it may be taken again.
  if (phases & Phase.state && part.index === 0) reduceState(part);
  if (!(phases & CHANGING)) return;
  const keeper = createKeeper(part);
  const firstChunk = keeper?.chunksDone ?? 0;
  keeper?.putBack(listChangedVectors(part, phases), locateChunk(part, firstChunk));
  updateSlice(part, phases, { firstChunk });
}

/**
 * Reduction, penalties and optimizer on the replica's slice, chunk by chunk so that the vectors stay in the cache; at
 * once where each is gone through only once, and nothing has to be kept.
 */
function updateSlice(part: ReplicaPart, phases: number, { firstChunk }: { readonly firstChunk: number }): void {
  const keeper = createKeeper(part);
  if (!keeper && !isInSeveralPasses(part, phases)) {
    const slice = locateWholeSlice(part);
    if (slice.start < slice.end && !part.isRetired?.()) updateChunk(part, phases, slice);
    return;
  }
  const changed = listChangedVectors(part, phases);
  for (let index = firstChunk; ; index++) {
    const chunk = locateChunk(part, index);
    if (chunk.start >= chunk.end || part.isRetired?.()) return;
    keeper?.begin(index, changed, chunk);
    updateChunk(part, phases, chunk);
    keeper?.end(index);
  }
}

function updateChunk({ known }: ReplicaPart, phases: number, { start, end }: Chunk): void {
  const { kernels, memory, penalties, optimizer, segments, taskSteps } = known;
  const { control, hyper, parameters, penaltySums, optimizer: state } = memory;
  const slots = listSlots(known);
  const gradient = requireGradient(known);
  if (phases & Phase.reduce) reduceSlots(slots, elementAt(control, Word.shardCount), { start, end }, kernels);
  if (phases & Phase.penalties) {
    let value = 0;
    for (const [i, penalty] of penalties.entries()) {
      const scale = elementAt(hyper, Hyper.firstPenaltyScale + i);
      value += scale * addPenaltyGradient(penalty, { parameters, gradient }, { start, end, scale }, kernels);
    }
    penaltySums[start / CHUNK_SIZE] = value;
  }
  if (mayUpdate(known, phases) && optimizer) {
    const step = { start, end, count: elementAt(control, Word.stepCount) };
    const learningRate = elementAt(hyper, Hyper.learningRate);
    const vectors = { parameters, gradient, state };
    if (segments.length === 0) {
      stepOptimizer(optimizer, vectors, { ...step, learningRate }, kernels);
      return;
    }
    const rateOf = (group: number) => (group === 0 ? learningRate : elementAt(hyper, Hyper.firstGroupRate + group - 1));
    const countOf = (task: number) => elementAt(taskSteps, task);
    stepSegments(segments, vectors, { ...step, rateOf, countOf }, kernels);
  }
}

/**
 * Layer state after a training pass is the mean of what the shards left, weighted by their sizes. One replica writes
 * it; a step whose loss was not finite leaves the state of the step before.
 */
function reduceState({ known: { memory } }: ReplicaPart): void {
  const { control, state, stateSlots } = memory;
  if (control[Word.notFinite] === 1) return;
  const shardCount = elementAt(control, Word.shardCount);
  const sizes = Array.from({ length: shardCount }, (_, shard) => {
    const { start, end } = locateShard(elementAt(control, Word.batchSize), shard, shardCount);
    return end - start;
  });
  averageSlots(stateSlots, sizes, state);
}

/** Whether a slot or a penalty is added to the gradient before the optimizer reads it. */
function isInSeveralPasses({ known: { memory } }: ReplicaPart, phases: number): boolean {
  if (phases & Phase.penalties) return true;
  return (phases & Phase.reduce) !== 0 && elementAt(memory.control, Word.shardCount) > 1;
}

function locateWholeSlice({ index: replica, known: { memory } }: ReplicaPart): Chunk {
  const { parameters, replicas } = memory.sizes;
  return locateSlice(parameters, CHUNK_SIZE, { replica, replicas });
}

/** The replica's `index`-th chunk; empty after its last. */
function locateChunk(part: ReplicaPart, index: number): Chunk {
  const slice = locateWholeSlice(part);
  const start = slice.start + index * CHUNK_SIZE;
  return { start, end: Math.min(start + CHUNK_SIZE, slice.end) };
}

function listChangedVectors({ known }: ReplicaPart, phases: number): readonly Float32Array[] {
  const { control, parameters, optimizer } = known.memory;
  // The sum of one slot is that slot: an optimizer only reads it.
  const addsSlots = (phases & Phase.reduce) !== 0 && elementAt(control, Word.shardCount) > 1;
  const gradient = addsSlots || phases & Phase.penalties ? [requireGradient(known)] : [];
  return mayUpdate(known, phases) ? [...gradient, parameters, ...optimizer] : gradient;
}

/** Whether the phases have an update, and nothing has come up against it. */
export function mayUpdate({ memory }: ReplicaState, phases: number): boolean {
  const { control } = memory;
  return (phases & Phase.update) !== 0 && control[Word.notFinite] === 0 && control[Word.overflow] === 0;
}

function listSlots({ memory, scratchSlots }: ReplicaState): readonly Float32Array[] {
  return memory.control[Word.scratch] === 1 ? scratchSlots : memory.gradientSlots;
}

function requireGradient(known: ReplicaState): Float32Array {
  const [gradient] = listSlots(known);
  if (!gradient) throw new Error("there is no gradient slot");
  return gradient;
}

function createKeeper({ index, known: { memory } }: ReplicaPart): ChunkKeeper | undefined {
  const kept = memory.keptChunks[index];
  return kept && new ChunkKeeper(memory.control, index, kept);
}
