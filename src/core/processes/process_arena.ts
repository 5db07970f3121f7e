import process from "node:process";
import { isMainThread } from "node:worker_threads";
import { RefusalError } from "../errors/errors.ts";
import { openForeignInterface } from "../foreign/open_foreign_interface.ts";
import type { Bell } from "../shared/bell.ts";
import type { SharedArena, SharedPlace } from "../shared/shared_arena.ts";
import { createProcessBell, findAddress } from "./process_bell.ts";
import { createSegment, PAGE_BYTES, type Segment, type SegmentTools } from "./segment.ts";
import { SegmentTable } from "./segment_table.ts";
import { describeView, openView, type SharedPart, type SharedView } from "./shared_part.ts";
import { openSystemCalls } from "./system_calls.ts";

const LINE_BYTES = 64;
/** Requests of so many bytes get a segment of their own. */
const LARGE_BYTES = 4 * PAGE_BYTES;
/** A segment for smaller ones. */
const POOL_PAGES = 16;

/** Memory that other processes can map: segments, in which small requests stand together. */
export class ProcessArena implements SharedArena {
  readonly #tools: SegmentTools;
  readonly #table: SegmentTable;
  /** Copies of what lies in other shared memory and was sent all the same. */
  readonly #copies = new WeakMap<SharedView, SharedView>();
  #pool: { readonly segment: Segment; used: number } | undefined;
  #serial = 0;

  private constructor(tools: SegmentTools) {
    this.#tools = tools;
    this.#table = new SegmentTable(tools, ({ name }) => tools.system.closeFile(name.file));
  }

  /** @throws {RefusalError} If the system does not let processes share memory in this way, or in a Worker. */
  static async open(): Promise<ProcessArena> {
    // What a Worker has made is given back with it, whoever holds it, and used again.
    if (!isMainThread) throw new RefusalError("memory that processes share must be made by the main thread");
    return new ProcessArena({ system: await openSystemCalls(), foreign: await openForeignInterface() });
  }

  /** How many segments are mapped. */
  get segments(): number {
    return this.#table.size;
  }

  /** @throws {RangeError} If address space is short. */
  allocate(bytes: number): SharedPlace {
    if (bytes === 0) return { buffer: new SharedArrayBuffer(0), byteOffset: 0 };
    if (bytes >= LARGE_BYTES) return { buffer: this.#require(Math.ceil(bytes / PAGE_BYTES)).buffer, byteOffset: 0 };
    const pool = this.#findPool(bytes);
    const place = { buffer: pool.segment.buffer, byteOffset: pool.used };
    pool.used += Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
    return place;
  }

  memory(pages: number): WebAssembly.Memory | undefined {
    return this.#create(pages, { isOpen: false })?.memory;
  }

  hold(view: ArrayBufferView): void {
    this.#table.hold(view);
  }

  reaches({ buffer, byteLength }: ArrayBufferView): boolean {
    return buffer instanceof SharedArrayBuffer && (byteLength === 0 || this.#table.find(buffer) !== undefined);
  }

  openBell(words: Int32Array, index: number): Bell {
    return createProcessBell(words, index, { table: this.#table, system: this.#tools.system });
  }

  /** Where a word lies in this process; undefined if it is not in a segment. */
  addressOf(words: Int32Array, index: number): number | undefined {
    return findAddress(words, index, this.#table);
  }

  /**
   * What stands for a memory or a view in a message to another process. A view of other shared memory is copied, once:
   * from then on it must not be written to.
   */
  describe(part: SharedView | WebAssembly.Memory): SharedPart {
    const segment = this.#nameOf(part);
    if (part instanceof WebAssembly.Memory) {
      if (!segment) throw new TypeError("Cannot share a memory that is not of the arena");
      return { kind: "memory", segment };
    }
    if (segment || part.length === 0) return describeView(part, segment);
    const copy = this.#copies.get(part) ?? this.#copy(part);
    this.#copies.set(part, copy);
    return describeView(copy, this.#nameOf(copy));
  }

  /**
   * Frees all segments. Views of them keep their numbers, as memory of this process alone. An arena that is not closed
   * keeps its last pool for as long as the process lives.
   */
  close(): void {
    this.#pool = undefined;
    this.#table.clear();
  }

  #nameOf({ buffer }: SharedView | WebAssembly.Memory) {
    return this.#table.find(buffer)?.name;
  }

  #copy(part: SharedView): SharedView {
    const { buffer, byteOffset } = this.allocate(part.byteLength);
    const copy = openView({ ...describeView(part, undefined), byteOffset }, buffer);
    copy.set(part);
    this.hold(copy);
    return copy;
  }

  #findPool(bytes: number): { readonly segment: Segment; used: number } {
    const pool = this.#pool;
    if (pool && pool.used + bytes <= POOL_PAGES * PAGE_BYTES) return pool;
    if (pool) this.#table.close(pool.segment);
    this.#pool = { segment: this.#require(POOL_PAGES, { isOpen: true }), used: 0 };
    return this.#pool;
  }

  #require(pages: number, state = { isOpen: false }): Segment {
    const segment = this.#create(pages, state);
    if (!segment) throw new RangeError(`Cannot share ${pages * PAGE_BYTES} bytes: the address space is short`);
    return segment;
  }

  #create(pages: number, state: { readonly isOpen: boolean }): Segment | undefined {
    this.#serial += 1;
    const segment = createSegment({ pages, serial: this.#serial, processId: process.pid }, this.#tools);
    if (segment) this.#table.add(segment, state);
    return segment;
  }
}
