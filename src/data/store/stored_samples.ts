import { formatBytes } from "../../core/array_limit.ts";
import { RangeRefusal } from "../../core/errors/errors.ts";
import { createSharedInt32, createSharedUint8 } from "../../core/shared/shared_memory.ts";

/** Words of `StoredSamples.clock`. */
export const ClockWord = {
  /** Rows read so far: the clock that the age of a slot is measured by. */
  reads: 0,
  /** Rows that are gone through before one comes again: what has not been read for twice as long makes room. */
  horizon: 1,
  /** 1 once no Worker decodes any more. */
  failed: 2,
  /** How many messages were written to `messages`. */
  messages: 3,
  /** Rows that were decoded: once each where all of them fit. */
  decoded: 4,
} as const;

/** Words of `StorePart.control`. */
export const PartWord = {
  /** Requests so far: the place of the next one in `ring`. Decoders wait for it to move. */
  tail: 0,
  /** Changes as long as the Worker lives. */
  heartbeat: 1,
} as const;

/** A row is not there and nobody has asked for it. Above: its slot's number, from 1 on. */
export const ABSENT = 0;

/** A row is on its way. Below: it could not be decoded, and `messages` says why. */
export const REQUESTED = -1;

/** What one Worker decodes: its requests, and the slots that it alone fills. */
export interface StorePart {
  readonly control: Int32Array<SharedArrayBuffer>;
  /** Requested rows + 1, each until it is taken; a power of two long. */
  readonly ring: Int32Array<SharedArrayBuffer>;
  /** When each slot was read last, by `ClockWord.reads`. */
  readonly lastRead: Int32Array<SharedArrayBuffer>;
  /** Slots, `slotsPerSegment` in each, `rowBytes` long. */
  readonly segments: readonly Uint8Array<SharedArrayBuffer>[];
}

/**
 * Samples in files, of which as many as fit into a bound are in memory at a time. Shared memory and plain data: it
 * crosses to Workers as it is. Rows are decoded by Workers of their own; every other thread asks for rows and copies
 * them out.
 */
export interface StoredSamples {
  /** Unique in this process. */
  readonly id: number;
  readonly rows: number;
  readonly rowBytes: number;
  /** Rows next to each other that the same Worker decodes. */
  readonly blockRows: number;
  readonly slotsPerSegment: number;
  /** Where each row is [rows]: `ABSENT`, `REQUESTED`, a slot of its part from 1 on, or a message. */
  readonly slotOf: Int32Array<SharedArrayBuffer>;
  /** How many threads read each row at the moment, or wait for it [rows]: it is left where it is then. */
  readonly pins: Int32Array<SharedArrayBuffer>;
  readonly clock: Int32Array<SharedArrayBuffer>;
  /** Why rows could not be decoded: texts of `MESSAGE_BYTES` in UTF-8, ended by 0, the latest few. */
  readonly messages: Uint8Array<SharedArrayBuffer>;
  readonly parts: readonly StorePart[];
}

/** Room for one message. */
export const MESSAGE_BYTES = 2048;

/** Messages that are kept. */
export const KEPT_MESSAGES = 32;

/** With fewer, rows that were decoded ahead of need would push each other out. */
const FEWEST_SLOTS = 64;

const MAX_SEGMENT_BYTES = 2 ** 28;

/** What a store is made for. */
export interface StoreOptions {
  /** What messages begin with: the folder. */
  readonly subject: string;
  readonly rows: number;
  readonly rowBytes: number;
  /** The most bytes of samples that are in memory at a time. */
  readonly cacheBytes: number;
  /** Rows next to each other that the same Worker decodes: those of a block that is unpacked as a whole. Default: 1. */
  readonly blockRows?: number;
  /** Workers that decode. */
  readonly decoders: number;
}

let nextId = 0;

/**
 * Allocates a store without starting anything: see `openStore`.
 * @throws {RangeRefusal} If the bound is below 64 samples.
 */
export function createStoredSamples({
  subject,
  rows,
  rowBytes,
  cacheBytes,
  blockRows = 1,
  decoders,
}: StoreOptions): StoredSamples {
  const fewest = Math.min(FEWEST_SLOTS, rows);
  if (cacheBytes < fewest * rowBytes) {
    const wanted = `at least ${formatBytes(fewest * rowBytes)}, ${fewest} samples of ${formatBytes(rowBytes)}`;
    throw new RangeRefusal(`${subject}: the cache of samples must have ${wanted}, got ${formatBytes(cacheBytes)}`);
  }
  const slots = Math.min(rows, Math.floor(cacheBytes / rowBytes));
  const count = Math.max(1, Math.min(decoders, Math.floor(slots / Math.min(FEWEST_SLOTS / 2, slots))));
  const slotsPerSegment = Math.max(1, Math.floor(MAX_SEGMENT_BYTES / rowBytes));
  nextId += 1;
  return {
    id: nextId,
    rows,
    rowBytes,
    blockRows,
    slotsPerSegment,
    slotOf: createSharedInt32(rows),
    pins: createSharedInt32(rows),
    clock: createSharedInt32(Object.keys(ClockWord).length),
    messages: createSharedUint8(KEPT_MESSAGES * MESSAGE_BYTES),
    parts: Array.from({ length: count }, (_, part) => {
      const own = Math.floor(((part + 1) * slots) / count) - Math.floor((part * slots) / count);
      return createPart(own, { rows, rowBytes, slotsPerSegment });
    }),
  };
}

function createPart(
  slots: number,
  { rows, rowBytes, slotsPerSegment }: Pick<StoredSamples, "rows" | "rowBytes" | "slotsPerSegment">,
): StorePart {
  const segments: Uint8Array<SharedArrayBuffer>[] = [];
  for (let first = 0; first < slots; first += slotsPerSegment) {
    segments.push(createSharedUint8(Math.min(slotsPerSegment, slots - first) * rowBytes));
  }
  return {
    control: createSharedInt32(Object.keys(PartWord).length),
    // A row is in it once, or twice where it was asked for again after a long silence.
    ring: createSharedInt32(2 ** Math.ceil(Math.log2(2 * rows + 2))),
    lastRead: createSharedInt32(slots),
    segments,
  };
}

/** The bytes of all slots: what the bound is about. */
export function countStoreBytes({ parts }: StoredSamples): number {
  return parts.reduce((sum, { segments }) => sum + segments.reduce((bytes, { length }) => bytes + length, 0), 0);
}

/** Which part decodes a row. */
export function partOf({ blockRows, parts }: Pick<StoredSamples, "blockRows" | "parts">, row: number): number {
  return Math.floor(row / blockRows) % parts.length;
}

/** The bytes of a slot, a view. */
export function viewSlot({ rowBytes, slotsPerSegment }: StoredSamples, part: StorePart, slot: number): Uint8Array {
  const segment = part.segments[Math.floor(slot / slotsPerSegment)];
  if (!segment) throw new Error(`Cannot read slot ${slot} of a store: it has ${part.lastRead.length}`);
  const start = (slot % slotsPerSegment) * rowBytes;
  return segment.subarray(start, start + rowBytes);
}
