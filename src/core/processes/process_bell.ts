import type { Bell } from "../shared/bell.ts";
import { createThreadBell } from "../shared/bell.ts";
import type { SegmentTable } from "./segment_table.ts";
import type { SystemCalls } from "./system_calls.ts";

/** What finds a word's address, and waits there. */
export interface BellTools {
  readonly table: SegmentTable;
  readonly system: SystemCalls;
}

/**
 * The bell of a word: of one that several processes share if it lies in a segment, else of one for threads. Waiting
 * asynchronously for another process needs a bridge in this one (`workers/bell_bridge.ts`).
 */
export function createProcessBell(words: Int32Array, index: number, tools: BellTools): Bell {
  const near = createThreadBell(words, index);
  const address = findAddress(words, index, tools.table);
  if (address === undefined) return near;
  const { system } = tools;
  return {
    wake() {
      near.wake();
      system.wake(address);
    },
    wait: (value, timeoutMs) => system.wait(address, value, timeoutMs),
    waitAsync: near.waitAsync,
  };
}

/** Where a word lies in this process; undefined if it is not in a segment. */
export function findAddress(words: Int32Array, index: number, table: SegmentTable): number | undefined {
  const segment = table.find(words.buffer);
  return segment && segment.address + words.byteOffset + index * Int32Array.BYTES_PER_ELEMENT;
}
