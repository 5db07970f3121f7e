import { beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { AttachedArena } from "../../../src/core/processes/attached_arena.ts";
import { packMessage, unpackMessage } from "../../../src/core/processes/message.ts";
import { ProcessArena } from "../../../src/core/processes/process_arena.ts";
import { testArena } from "../../core/shared/arena_contract.ts";
import { collectGarbage } from "../../support/collect_garbage.ts";
import { INCREMENTS, TURNS, Turn } from "./counting.ts";

const PROGRAM = fileURLToPath(new URL("./counting_process.ts", import.meta.url));

/** Elsewhere processes are refused, as memory that they share needs Linux. */
describe.if(process.platform === "linux")("shared memory of processes", () => {
  let arena: ProcessArena;
  let attached: AttachedArena;
  beforeAll(async () => {
    arena = await ProcessArena.open();
    attached = await AttachedArena.open();
  });

  testArena("ProcessArena", () => arena);
  testArena("AttachedArena", () => attached);

  function makeVector(length: number): Float32Array<SharedArrayBuffer> {
    const { buffer, byteOffset } = arena.allocate(length * Float32Array.BYTES_PER_ELEMENT);
    const vector = new Float32Array(buffer, byteOffset, length);
    arena.hold(vector);
    return vector;
  }

  test("AttachedArena.attach() gives the same memory, at whatever place it lies", () => {
    const vectors = [makeVector(10), makeVector(0), makeVector(100_000)];
    const views = vectors.map((vector) => attached.attach(arena.describe(vector)));
    for (const [i, vector] of vectors.entries()) {
      const view = views[i];
      if (!(view instanceof Float32Array)) throw new TypeError("not a vector");
      expect(view.length).toBe(vector.length);
      expect(view.buffer).not.toBe(vector.buffer);
      vector.fill(i + 1);
      expect(view).toEqual(vector);
    }
  });

  test("AttachedArena.attach() lets kernels find vectors in their memory", () => {
    const memory = arena.memory(2);
    const buffer = memory?.buffer;
    if (!memory || !(buffer instanceof SharedArrayBuffer)) throw new TypeError("no shared memory");
    const vector = new Float32Array(buffer, 64, 3);
    arena.hold(vector);
    const copy = attached.attach(arena.describe(memory));
    const view = attached.attach(arena.describe(vector));
    if (!(copy instanceof WebAssembly.Memory) || !(view instanceof Float32Array)) throw new TypeError("other parts");
    expect(Object.is(view.buffer, copy.buffer)).toBe(true);
    expect(view.byteOffset).toBe(64);
  });

  test("packMessage() and unpackMessage() carry shared parts wherever they stand, and leave the rest", () => {
    const vector = makeVector(3).fill(7);
    const other = new Float32Array([1, 2]);
    const message = { id: "a", path: [1, null, undefined], map: new Map([["v", { vector }]]), other, n: Number.NaN };
    const packed = structuredClone(packMessage(message, (part) => arena.describe(part)));
    const unpacked = unpackMessage(packed, (part) => attached.attach(part));
    expect(unpacked).toEqual(message);
    vector[1] = 8;
    expect(unpacked).toEqual(message);
  });

  test("ProcessArena.describe() copies what lies in other shared memory, once", () => {
    const elsewhere = new Int32Array(new SharedArrayBuffer(12));
    elsewhere.set([1, 2, 3]);
    expect(arena.reaches(elsewhere)).toBe(false);
    const part = arena.describe(elsewhere);
    expect(arena.describe(elsewhere)).toEqual(part);
    expect(attached.attach(part)).toEqual(elsewhere);
  });

  test("ProcessArena frees memory after its last view, and what others hold of it keeps its numbers", async () => {
    const kept = makeVector(100_000).fill(3);
    const view = attached.attach(arena.describe(kept));
    const subarrays: Float32Array[] = [];
    const before = arena.segments;
    const fill = () => {
      for (let i = 0; i < 20; i++) subarrays.push(makeVector(100_000).fill(i).subarray(0, 1000));
    };
    fill();
    expect(arena.segments).toBe(before + 20);
    for (let round = 0; round < 20 && arena.segments > before; round++) {
      await new Promise((resolve) => setTimeout(resolve));
      collectGarbage();
    }
    // A few may still be on the stack.
    expect(arena.segments).toBeLessThan(before + 5);
    for (const [i, part] of subarrays.entries()) expect(part.every((value) => value === i)).toBe(true);
    kept[5] = 9;
    expect(view).toEqual(kept);
  });

  test("ProcessArena keeps what is mapped from the collector, as the runtime would use it again, until it is closed", async () => {
    const count = 20;
    const dropArenas = async (end: (made: ProcessArena) => void) => {
      const memories: WeakRef<WebAssembly.Memory>[] = [];
      for (let i = 0; i < count; i++) {
        const made = await ProcessArena.open();
        const memory = made.memory(1);
        if (!memory) throw new RangeError("no memory");
        memories.push(new WeakRef(memory));
        end(made);
      }
      return memories;
    };
    const countLeft = async (memories: readonly WeakRef<WebAssembly.Memory>[]) => {
      for (let round = 0; round < 5; round++) {
        await new Promise((resolve) => setTimeout(resolve));
        collectGarbage();
      }
      return memories.filter((memory) => memory.deref()).length;
    };
    expect(await countLeft(await dropArenas(() => {}))).toBe(count);
    // A few may still be on the stack.
    expect(await countLeft(await dropArenas((made) => made.close()))).toBeLessThan(count / 2);
  });

  test("no increment is lost between two processes, and each wakes the other", async () => {
    const { buffer, byteOffset } = arena.allocate(12);
    const words = new Int32Array(buffer, byteOffset, 3);
    arena.hold(words);
    const run = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", PROGRAM] : [PROGRAM];
    const child = spawn(process.execPath, [...run, JSON.stringify(arena.describe(words))], { stdio: "inherit" });
    const end = new Promise<number | null>((resolve) => {
      child.on("exit", (status) => resolve(status));
    });
    for (let i = 0; i < INCREMENTS; i++) Atomics.add(words, Turn.counter, 1);
    const [mine, other] = [arena.openBell(words, Turn.parent), arena.openBell(words, Turn.child)];
    for (let turn = 1; turn <= TURNS; turn++) {
      Atomics.store(words, Turn.parent, turn);
      mine.wake();
      while (Atomics.load(words, Turn.child) < turn) other.wait(turn - 1, 60_000);
    }
    expect(await end).toBe(0);
    expect(words[Turn.counter]).toBe(2 * INCREMENTS);
  });
});
