import { expect, test } from "bun:test";
import { setInterval } from "node:timers";
import * as fc from "fast-check";
import type { SharedArena } from "../../../src/core/shared/shared_arena.ts";

/** What every arena keeps to. `open` gives one. */
export function testArena(name: string, open: () => SharedArena): void {
  test(`${name}.allocate() gives zeroed places that do not overlap, whatever their sizes`, () => {
    const arena = open();
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 5_000 }), { maxLength: 12 }), (sizes) => {
        const parts = sizes.map((bytes) => {
          const { buffer, byteOffset } = arena.allocate(bytes);
          expect(byteOffset % 64).toBe(0);
          return new Uint8Array(buffer, byteOffset, bytes);
        });
        for (const part of parts) expect(part.every((byte) => byte === 0)).toBe(true);
        for (const [i, part] of parts.entries()) part.fill(i + 1);
        for (const [i, part] of parts.entries()) expect(part.every((byte) => byte === i + 1)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test(`${name}.memory() gives zeroed pages of a shared memory that kernels can compute in`, () => {
    const memory = open().memory(2);
    if (!memory) throw new Error("there is no room for 128 KiB");
    const bytes = new Uint8Array(memory.buffer);
    expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(bytes.length).toBe(2 * 65_536);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  test(`${name}.reaches() knows what it gave from memory that is not shared`, () => {
    const arena = open();
    const { buffer, byteOffset } = arena.allocate(8);
    expect(arena.reaches(new Float32Array(buffer, byteOffset, 2))).toBe(true);
    expect(arena.reaches(new Float32Array(2))).toBe(false);
  });

  test(`${name}.openBell() waits for nothing where the word has changed already`, () => {
    const arena = open();
    const { buffer, byteOffset } = arena.allocate(8);
    const words = new Int32Array(buffer, byteOffset, 2);
    words[1] = 5;
    const bell = arena.openBell(words, 1);
    expect(bell.waitAsync(4)).toBeUndefined();
    // Would fail by the test's timeout.
    bell.wait(4, 1e9);
  });

  test(`${name}.openBell() wakes all who wait for its word, and nobody who waits for another`, async () => {
    const arena = open();
    const { buffer, byteOffset } = arena.allocate(8);
    const words = new Int32Array(buffer, byteOffset, 2);
    const [other, bell, same] = [arena.openBell(words, 0), arena.openBell(words, 1), arena.openBell(words, 1)];
    const woken: string[] = [];
    // Waiting for a word does not keep Deno's event loop alive.
    const timer = setInterval(() => {}, 1_000);
    const otherWaits = other.waitAsync(0)?.then(() => woken.push("other"));
    const waiting = [bell, same].map((each, i) => each.waitAsync(0)?.then(() => woken.push(`waiter ${i}`)));
    Atomics.store(words, 1, 1);
    bell.wake();
    await Promise.all(waiting);
    expect(woken.toSorted()).toEqual(["waiter 0", "waiter 1"]);
    other.wake();
    await otherWaits;
    expect(woken).toContain("other");
    clearInterval(timer);
  });
}
