import type { Bell } from "./bell.ts";

/** Where something shared lies. */
export interface SharedPlace {
  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
}

/** What makes the memory that replicas share, and lets those who share it wait for one another. */
export interface SharedArena {
  /** So many bytes, zeroed; their place is a multiple of 64. */
  allocate(bytes: number): SharedPlace;
  /** A WebAssembly memory of so many pages of 64 KiB, zeroed. Undefined where there is no room for it. */
  memory(pages: number): WebAssembly.Memory | undefined;
  /** Says that a view of such memory is in use: the memory is freed after the last of them is collected. */
  hold(view: ArrayBufferView): void;
  /** Whether all replicas can reach the memory of this view. */
  reaches(view: ArrayBufferView): boolean;
  /** The bell of one word. */
  openBell(words: Int32Array, index: number): Bell;
}
