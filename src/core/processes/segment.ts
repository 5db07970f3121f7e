import { RefusalError } from "../errors/errors.ts";
import type { ForeignInterface } from "../foreign/foreign_interface.ts";
import { reserveMemory } from "../shared/thread_arena.ts";
import type { SystemCalls } from "./system_calls.ts";

/** A page of WebAssembly memory. */
export const PAGE_BYTES = 65_536;

/** How another process finds a segment. */
export interface SegmentName {
  /** The process that made it, and the number of its file there. */
  readonly processId: number;
  readonly file: number;
  /** Tells it from others that had the same file number before. */
  readonly serial: number;
  readonly pages: number;
}

/** What segments are made with. */
export interface SegmentTools {
  readonly system: SystemCalls;
  readonly foreign: Pick<ForeignInterface, "addressOf">;
}

/** A file in memory, laid over a WebAssembly memory: several processes see the same bytes. */
export interface Segment {
  readonly name: SegmentName;
  readonly memory: WebAssembly.Memory;
  readonly buffer: SharedArrayBuffer;
  /** Where it lies in this process. */
  readonly address: number;
}

/**
 * Those that are mapped, whatever becomes of the arenas that made them: the garbage collector must not get one, as the
 * runtime would put other things into memory that is still the file's.
 */
const mapped = new Set<Segment>();

/**
 * Makes one, zeroed. Undefined where address space is short.
 * @throws {Error} If the system does not let memory be shared in this way.
 */
export function createSegment(parts: Omit<SegmentName, "file">, tools: SegmentTools): Segment | undefined {
  const file = tools.system.createFile(parts.pages * PAGE_BYTES);
  const name = { ...parts, file };
  const segment = laySegment(name, file, tools);
  if (!segment) tools.system.closeFile(file);
  return segment;
}

/** Maps a segment that another process has made, and has not freed yet. @throws {Error} If that cannot be. */
export function attachSegment(name: SegmentName, tools: SegmentTools): Segment {
  const file = tools.system.openFile(name.processId, name.file);
  const segment = laySegment(name, file, tools);
  tools.system.closeFile(file);
  if (!segment) throw new RefusalError(`no room for ${name.pages * PAGE_BYTES} bytes of shared memory`);
  return segment;
}

/** Makes a segment memory of this process alone, with what stands there: whoever still holds a view reads the same. */
export function detachSegment(segment: Segment, { system }: SegmentTools): void {
  const { address, name } = segment;
  system.unmapFile({ address, bytes: name.pages * PAGE_BYTES });
  mapped.delete(segment);
}

function laySegment(name: SegmentName, file: number, { system, foreign }: SegmentTools): Segment | undefined {
  const memory = reserveMemory(name.pages);
  if (!memory) return undefined;
  const { buffer } = memory;
  if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError("a shared memory without a shared buffer");
  const address = foreign.addressOf(new Uint8Array(buffer));
  const segment = { name, memory, buffer, address };
  mapped.add(segment);
  system.mapFile(file, { address, bytes: name.pages * PAGE_BYTES });
  return segment;
}
