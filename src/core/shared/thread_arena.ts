import { createThreadBell } from "./bell.ts";
import type { SharedArena } from "./shared_arena.ts";

/** Memory for the threads of one process: a SharedArrayBuffer for each request, freed by the garbage collector. */
export const threadArena: SharedArena = {
  allocate: (bytes) => ({ buffer: new SharedArrayBuffer(bytes), byteOffset: 0 }),
  memory: reserveMemory,
  // The garbage collector knows.
  hold: () => {},
  reaches: ({ buffer }) => buffer instanceof SharedArrayBuffer,
  openBell: createThreadBell,
};

/** A memory that never grows, zeroed. Undefined where address space is short. */
export function reserveMemory(pages: number): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
