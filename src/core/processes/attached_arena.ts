import { openForeignInterface } from "../foreign/open_foreign_interface.ts";
import type { Bell } from "../shared/bell.ts";
import type { SharedArena, SharedPlace } from "../shared/shared_arena.ts";
import { threadArena } from "../shared/thread_arena.ts";
import { createProcessBell, findAddress } from "./process_bell.ts";
import { attachSegment, type Segment, type SegmentName, type SegmentTools } from "./segment.ts";
import { SegmentTable } from "./segment_table.ts";
import { openView, type SharedPart, type SharedView } from "./shared_part.ts";
import { openSystemCalls } from "./system_calls.ts";

/** The arena of a replica's process: it maps what the coordinator has made. What it makes itself is for its threads. */
export class AttachedArena implements SharedArena {
  readonly #tools: SegmentTools;
  readonly #table: SegmentTable;

  private constructor(tools: SegmentTools) {
    this.#tools = tools;
    this.#table = new SegmentTable(tools);
  }

  /** @throws {RefusalError} If the system does not let processes share memory in this way. */
  static async open(): Promise<AttachedArena> {
    return new AttachedArena({ system: await openSystemCalls(), foreign: await openForeignInterface() });
  }

  /** How many segments are mapped. */
  get segments(): number {
    return this.#table.size;
  }

  allocate(bytes: number): SharedPlace {
    return threadArena.allocate(bytes);
  }

  memory(pages: number): WebAssembly.Memory | undefined {
    return threadArena.memory(pages);
  }

  hold(view: ArrayBufferView): void {
    this.#table.hold(view);
  }

  reaches(view: ArrayBufferView): boolean {
    return threadArena.reaches(view);
  }

  openBell(words: Int32Array, index: number): Bell {
    return createProcessBell(words, index, { table: this.#table, system: this.#tools.system });
  }

  /** Where a word lies in this process; undefined if it is not in a segment. */
  addressOf(words: Int32Array, index: number): number | undefined {
    return findAddress(words, index, this.#table);
  }

  /** The memory or view that was described. @throws {Error} If it cannot be mapped. */
  attach(part: SharedPart): SharedView | WebAssembly.Memory {
    if (part.kind === "memory") return this.#attachSegment(part.segment).memory;
    if (!part.segment) return openView(part, new SharedArrayBuffer(0));
    const view = openView(part, this.#attachSegment(part.segment).buffer);
    this.#table.hold(view);
    return view;
  }

  #attachSegment(name: SegmentName): Segment {
    const known = this.#table.findBySerial(name.serial);
    if (known) return known;
    const segment = attachSegment(name, this.#tools);
    this.#table.add(segment, { isOpen: false });
    return segment;
  }
}
