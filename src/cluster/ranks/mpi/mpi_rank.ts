import { elementAt } from "../../../core/element_at.ts";
import { MAX_VECTORS, PIECE_SIZE, VectorKernels } from "../../../kernels/vector_kernels.ts";
import { createSharedVectors } from "../../../kernels/vector_memory.ts";
import { locateSlice } from "../../memory/shards.ts";
import { averageSlots, reduceSlots } from "../../replica/reduce_slots.ts";
import type { RowGather, SlotSum } from "../rank_exchange.ts";
import type { MpiCalls } from "./mpi_calls.ts";
import type { MpiLibrary } from "./mpi_library.ts";

/** Slices of vectors begin at multiples of this many elements. */
const SLICE_STEP = 64;
/** Elements that the kernels write at a time. */
const KERNEL_LANES = 4;

/** Memory that C reads and writes, kept as long as this rank: vectors in the kernels' memory, and room for rows. */
interface ExchangeRoom {
  readonly sent: Float32Array<SharedArrayBuffer>;
  /** One slot a shard of all ranks, for this rank's slice. */
  readonly slots: readonly Float32Array<SharedArrayBuffer>[];
  readonly kernels: VectorKernels;
}

/** A vector, which need not be shared, of which each rank has one part. */
type Rows = Omit<RowGather, "values"> & { readonly values: Float32Array };

/** One rank as the thread sees it that calls MPI: nobody else in the process does. */
export class MpiRank {
  readonly #library: MpiLibrary;
  readonly #calls: MpiCalls;
  readonly #rooms = new Map<string, ExchangeRoom>();
  #rows = { sent: createHeld(1), received: createHeld(1) };

  constructor(library: MpiLibrary, calls: MpiCalls) {
    this.#library = library;
    this.#calls = calls;
  }

  get rank(): number {
    return this.#calls.communicator.rank;
  }

  /** R */
  get size(): number {
    return this.#calls.communicator.size;
  }

  /** As `RankExchange.exchangeSlots`: the rows travel while the slots are added up. */
  exchange(sums: readonly SlotSum[], rows: readonly Rows[]): void {
    const finishRows = this.#beginRows(rows);
    const finishSums = sums.map((sum, place) => this.#beginSum(sum, place));
    for (const finish of finishSums) finish();
    finishRows();
  }

  /** What each rank says. */
  agree(said: string): string[] {
    const bytes = new TextEncoder().encode(said);
    const lengths = new Float32Array(this.size);
    lengths[this.rank] = bytes.length;
    const ones = Array.from({ length: this.size + 1 }, (_, rank) => rank);
    this.exchange([], [{ values: lengths, bounds: ones }]);
    let end = 0;
    const bounds = [0, ...Array.from(lengths, (length) => (end += length))];
    // A byte an element: few are sent.
    const texts = new Float32Array(end);
    texts.set(bytes, elementAt(bounds, this.rank));
    this.exchange([], [{ values: texts, bounds }]);
    const read = (rank: number) => Uint8Array.from(texts.subarray(bounds[rank], bounds[rank + 1]));
    return ones.slice(0, -1).map((rank) => new TextDecoder().decode(read(rank)));
  }

  /** Ends MPI; all ranks do it. */
  close(): void {
    this.#library.call("MPI_Finalize");
  }

  /** Each rank gets its slice of every slot, adds them in shard order, and gives the sum to all. */
  #beginSum({ slots, counts, weights, into }: SlotSum, place: number): () => void {
    const slices = Array.from({ length: this.size }, (_, replica) =>
      locateSlice(into.length, SLICE_STEP, { replica, replicas: this.size }),
    );
    const own = elementAt(slices, this.rank);
    const length = own.end - own.start;
    const shards = counts.reduce((sum, count) => sum + count, 0);
    const room = this.#findRoom({
      place,
      shards,
      slice: length,
      sent: slots.length === 1 ? 0 : slots.length * into.length,
    });
    const sliceCounts = slices.map(({ start, end }) => end - start);
    const sentCounts = sliceCounts.map((count) => count * slots.length);
    const [only] = slots;
    const sent = slots.length === 1 && only ? only : packSlots(slots, slices, room.sent);
    const receivedCounts = counts.map((count) => count * length);
    const received = elementAt(room.slots, 0);
    const all = new Float32Array(received.buffer, received.byteOffset, Math.max(1, shards * length));
    const isThere = this.#calls.beginAllToAll(
      { values: sent, counts: sentCounts, starts: startsOf(sentCounts) },
      { values: all, counts: receivedCounts, starts: startsOf(receivedCounts) },
    );
    return () => {
      this.#calls.wait(isThere);
      const parts = room.slots.slice(0, shards).map((_, shard) => all.subarray(shard * length, (shard + 1) * length));
      if (weights) averageSlots(parts, weights, received.subarray(0, length));
      else addInOrder(parts, room.kernels);
      const whole = { values: into, counts: sliceCounts, starts: startsOf(sliceCounts) };
      this.#calls.wait(this.#calls.beginGather({ values: received, count: length }, whole));
    };
  }

  /** All rows go in one message: each rank's parts, one after another. */
  #beginRows(rows: readonly Rows[]): () => void {
    const partOf = ({ values, bounds }: Rows, rank: number) => values.subarray(bounds[rank], bounds[rank + 1]);
    const counts = Array.from({ length: this.size }, (_, rank) =>
      rows.reduce((sum, row) => sum + partOf(row, rank).length, 0),
    );
    const starts = startsOf(counts);
    const count = elementAt(counts, this.rank);
    this.#growRows(
      count,
      counts.reduce((sum, own) => sum + own, 0),
    );
    const { sent, received } = this.#rows;
    let packed = 0;
    for (const row of rows) {
      const part = partOf(row, this.rank);
      sent.set(part, packed);
      packed += part.length;
    }
    const isThere = this.#calls.beginGather({ values: sent, count }, { values: received, counts, starts });
    return () => {
      this.#calls.wait(isThere);
      for (const [rank, start] of starts.entries()) {
        let from = start;
        for (const row of rows) {
          const part = partOf(row, rank);
          if (rank !== this.rank) part.set(received.subarray(from, from + part.length));
          from += part.length;
        }
      }
    };
  }

  #growRows(sent: number, received: number): void {
    const grow = (values: Float32Array<ArrayBuffer>, length: number) =>
      values.length >= length ? values : createHeld(length);
    this.#rows = { sent: grow(this.#rows.sent, sent), received: grow(this.#rows.received, received) };
  }

  /** Kept: sums of the same lengths come at every step. Those of one exchange have each their own, by `place`. */
  #findRoom(sizes: { place: number; shards: number; slice: number; sent: number }): ExchangeRoom {
    const { shards, slice, sent } = sizes;
    const key = Object.values(sizes).join();
    const known = this.#rooms.get(key);
    if (known) return known;
    // Slots lie one behind another, as they are received.
    const pieces = new Array<number>(MAX_VECTORS).fill(PIECE_SIZE);
    const shared = createSharedVectors([Math.max(1, shards * slice), Math.max(1, sent), ...pieces]);
    const [whole, packed, ...own] = shared.vectors;
    if (!whole || !packed) throw new Error("there is no room for an exchange");
    const slots = Array.from({ length: Math.max(1, shards) }, (_, shard) =>
      whole.subarray(shard * slice, (shard + 1) * slice),
    );
    const kernels = shared.memory ? new VectorKernels({ memory: shared.memory, pieces: own }) : new VectorKernels();
    const room = { sent: packed, slots, kernels };
    this.#rooms.set(key, room);
    return room;
  }
}

/** Adds all slots to the first, in order. The kernels write whole lanes, and another slot begins behind each. */
function addInOrder(slots: readonly Float32Array[], kernels: VectorKernels): void {
  const [sum, ...others] = slots;
  if (!sum) return;
  const end = sum.length - (sum.length % KERNEL_LANES);
  reduceSlots(slots, slots.length, { start: 0, end }, kernels);
  for (const slot of others) for (let i = end; i < sum.length; i++) sum[i] = elementAt(sum, i) + elementAt(slot, i);
}

/** Puts the slots' slices one behind another: those of the first slice, of the second … */
function packSlots(
  slots: readonly Float32Array[],
  slices: readonly { readonly start: number; readonly end: number }[],
  into: Float32Array,
): Float32Array {
  let packed = 0;
  for (const { start, end } of slices) {
    for (const slot of slots) {
      into.set(slot.subarray(start, end), packed);
      packed += end - start;
    }
  }
  return into;
}

function startsOf(counts: readonly number[]): number[] {
  let end = 0;
  return counts.map((count) => {
    end += count;
    return end - count;
  });
}

/** A buffer of its own: it does not move, as small arrays may. */
function createHeld(length: number): Float32Array<ArrayBuffer> {
  return new Float32Array(new ArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
}
