/**
 * A program of its own, `bun scripts/bench/profiles/profile_strategies.ts NAME … [--python PATH] [--turns N]
 * [--workers N] [--examples N]`: what a minibatch costs with strategies as processor time of all threads, the least of
 * several turns, beside Avalanche where a Python has it. Other programs on the machine change that less than the clock.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { formatTable } from "../../../src/cli/format_table.ts";
import { elementAt } from "../../../src/core/element_at.ts";
import { findPythons } from "../contestants/find_pythons.ts";
import type { Contestant } from "../interleave.ts";
import { type CostOptions, openAvalanche, openStrategy } from "../suites/strategy_suite.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: "string" },
    turns: { type: "string", default: "4" },
    workers: { type: "string", default: "1" },
    examples: { type: "string", default: "2048" },
  },
});
const options: CostOptions = {
  examplesPerExperience: Number(values.examples),
  workers: Number(values.workers),
  time: "processor",
};
const pythons = values.python === undefined ? [] : await findPythons([values.python]);

const rows: string[][] = [];
for (const name of positionals) {
  const contestants = [await openStrategy(name, options)];
  for (const python of pythons) contestants.push(await openAvalanche(python, name, options));
  const least = await measureLeast(contestants);
  const [ours, peer] = [elementAt(least, 0), least[1]];
  const compared = peer === undefined ? [] : [peer.toFixed(1), (peer / ours).toFixed(2)];
  rows.push([name, ours.toFixed(1), ...compared]);
  for (const contestant of contestants) await contestant.close();
}
const heads = ["strategy", "ours, ms", ...(pythons.length > 0 ? ["Avalanche, ms", "ratio"] : [])];
process.stdout.write(formatTable([heads, ...rows]));

/** The least of each contestant's turns. */
async function measureLeast(contestants: readonly Contestant[]): Promise<number[]> {
  const least = contestants.map(() => Number.POSITIVE_INFINITY);
  for (let turn = 0; turn < Number(values.turns); turn++) {
    for (const [i, contestant] of contestants.entries()) {
      least[i] = Math.min(elementAt(least, i), await contestant.measure());
    }
  }
  return least;
}
