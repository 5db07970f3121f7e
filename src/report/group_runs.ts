import { isDeepStrictEqual } from "node:util";
import { elementAt } from "../core/element_at.ts";
import type { ReportedRun } from "./reported_run.ts";

/** Runs that differ in their seed alone; or one run. */
export interface RunGroup {
  /** Tells it from the other groups: what the names of its runs have in common. */
  readonly name: string;
  /** At least one, in order of seeds. */
  readonly runs: readonly ReportedRun[];
}

/** Puts runs together that differ in their seed alone, each group where its first run is. */
export function groupRuns(runs: readonly ReportedRun[]): RunGroup[] {
  const groups: Member[][] = [];
  for (const run of runs) {
    const member = { run, ...splitSeeds(run.config) };
    const group = groups.find((others) => others.every((other) => areSeedsOfOne(other, member)));
    if (group) group.push(member);
    else groups.push([member]);
  }
  const taken = new Set<string>();
  return groups.map((members) => {
    const ordered = members.toSorted((a, b) => Number(a.seed) - Number(b.seed)).map(({ run }) => run);
    const wanted = findCommonName(ordered.map(({ name }) => name));
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted} (${number})`;
    taken.add(name);
    return { name, runs: ordered };
  });
}

/** The seeds of a run, and what else decides it. */
interface Seeds {
  /** Undefined where the configuration has none. */
  readonly seed: unknown;
  /** The benchmark's, which is the run's unless another was given. */
  readonly benchmarkSeed: unknown;
  readonly rest: unknown;
}

interface Member extends Seeds {
  readonly run: ReportedRun;
}

function areSeedsOfOne(a: Member, b: Member): boolean {
  if (typeof a.seed !== "number" || typeof b.seed !== "number" || a.seed === b.seed) return false;
  const follow = a.benchmarkSeed === a.seed && b.benchmarkSeed === b.seed;
  return (follow || a.benchmarkSeed === b.benchmarkSeed) && isDeepStrictEqual(a.rest, b.rest);
}

function splitSeeds(config: unknown): Seeds {
  const { seed, ...own } = readEntries(config);
  const benchmark = readEntries(own.benchmark);
  const { seed: benchmarkSeed, ...options } = readEntries(benchmark.options);
  const rest = "options" in benchmark ? { ...own, benchmark: { ...benchmark, options } } : own;
  return { seed, benchmarkSeed, rest };
}

function readEntries(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

/** "replay-split-mnist" of "replay-split-mnist-1" and "-2", "ewc" of "ewc-seed-0" and "ewc-seed-1". */
function findCommonName(names: readonly string[]): string {
  const first = elementAt(names, 0);
  if (names.length === 1) return first;
  let length = first.length;
  for (const name of names) {
    while (!name.startsWith(first.slice(0, length))) length -= 1;
  }
  const common = first.slice(0, length).replace(/[-_. ]*(?:seed[-_= ]*\d*|[-_]\d*)?$/i, "");
  return common === "" ? names.join(", ") : common;
}
