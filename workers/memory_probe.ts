/** A program of its own: maps the word that its argument describes, answers there and wakes the process that asked. */
import process from "node:process";
import { PROBE } from "../src/cluster/processes/probe_processes.ts";
import { describeCause } from "../src/core/errors/errors.ts";
import { AttachedArena } from "../src/core/processes/attached_arena.ts";

try {
  const arena = await AttachedArena.open();
  const words = arena.attach(JSON.parse(process.argv[2] ?? ""));
  if (!(words instanceof Int32Array)) throw new TypeError("the argument describes no word");
  if (words[0] !== PROBE.written) throw new Error(`the mapped word is ${words[0]}, not ${PROBE.written}`);
  Atomics.store(words, 0, PROBE.answered);
  arena.openBell(words, 0).wake();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${describeCause(error)}\n`);
  process.exit(1);
}
