/**
 * A program of its own: maps the vector that its argument describes, adds to its words by Atomics and by the kernels,
 * and takes turns with the process that started it.
 */
import process from "node:process";
import { AttachedArena } from "../../../src/core/processes/attached_arena.ts";
import { INCREMENTS, TURNS, Turn } from "./counting.ts";

const arena = await AttachedArena.open();
const words = arena.attach(JSON.parse(process.argv[2] ?? ""));
if (!(words instanceof Int32Array)) throw new TypeError("the argument describes no words");
for (let i = 0; i < INCREMENTS; i++) Atomics.add(words, Turn.counter, 1);
const [mine, other] = [arena.openBell(words, Turn.child), arena.openBell(words, Turn.parent)];
for (let turn = 1; turn <= TURNS; turn++) {
  while (Atomics.load(words, Turn.parent) < turn) other.wait(turn - 1, 60_000);
  Atomics.store(words, Turn.child, turn);
  mine.wake();
}
process.exit(0);
