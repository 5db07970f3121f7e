import { expect, test } from "bun:test";
import { currentArena } from "../../../src/core/shared/current_arena.ts";
import { threadArena } from "../../../src/core/shared/thread_arena.ts";
import { testArena } from "./arena_contract.ts";

testArena("threadArena", () => threadArena);

test("currentArena() is memory for threads where nothing else was asked for", () => {
  expect(currentArena()).toBe(threadArena);
});

test("threadArena.allocate() gives each request a buffer of its own", () => {
  const [a, b] = [threadArena.allocate(8), threadArena.allocate(8)];
  expect(a.buffer).not.toBe(b.buffer);
  expect(a.buffer.byteLength).toBe(8);
});
