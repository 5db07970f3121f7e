import { Command } from "commander";
import type { CliContext } from "../cli_context.ts";
import { addTrainCommand } from "../commands/train.ts";
import type { TrainOptions } from "../training/train_config.ts";
import { GRID_OPTIONS, type SweepGrid } from "./grid_options.ts";

/** Everything that decides a sweep: what sweep.json keeps. */
export interface SweepChoice {
  readonly grid: SweepGrid;
  /** The options of train that all runs share, as words: "--epochs=3". */
  readonly words: readonly string[];
  readonly seeds: readonly number[];
}

/** Runs that differ in their seed alone. */
export interface SweepConfiguration {
  /** What tells it from the others: the values of the options that were given several times. */
  readonly name: string;
  readonly choice: Readonly<Record<keyof SweepGrid, string>>;
  readonly runs: readonly SweepRun[];
}

/** One run of a sweep. */
export interface SweepRun {
  /** "ewc:lambda=1, seed 0" */
  readonly label: string;
  readonly seed: number;
  /** Its folder's name, within the sweep's. */
  readonly folder: string;
  /** Its options of train, but for the folder. */
  readonly words: readonly string[];
}

/** Every combination of the grid, in the order in which values were given, with all seeds each. */
export function planSweep({ grid, words, seeds }: SweepChoice): readonly SweepConfiguration[] {
  const varied = GRID_OPTIONS.filter((option) => grid[option].length > 1);
  const named = varied.length > 0 ? varied : (["strategy"] as const);
  const taken = new Set<string>();
  return combine(grid).map((choice) => {
    const name = named.map((option) => choice[option]).join(", ");
    const stem = findFreeName(toFolderName(name), taken);
    const own = GRID_OPTIONS.map((option) => `--${option}=${choice[option]}`);
    const runs = seeds.map((seed) => ({
      label: `${name}, seed ${seed}`,
      seed,
      folder: `${stem}-seed-${seed}`,
      words: [...own, ...words, `--seed=${seed}`],
    }));
    return { name, choice, runs };
  });
}

/** The options of train that these words stand for, with their defaults. */
export function readTrainOptions(words: readonly string[], context: CliContext): TrainOptions {
  const train = addTrainCommand(new Command(), context);
  train.parseOptions([...words]);
  return train.opts<TrainOptions>();
}

function combine({ strategy, benchmark, model, optimizer }: SweepGrid) {
  return benchmark.flatMap((benchmark) =>
    model.flatMap((model) =>
      optimizer.flatMap((optimizer) => strategy.map((strategy) => ({ strategy, benchmark, model, optimizer }))),
    ),
  );
}

/** Longer names are cut. */
const MAX_NAME = 80;

function toFolderName(name: string): string {
  const plain = name.replaceAll(/[^\w.=-]+/g, "-").replaceAll(/^[-.]+|-+$/g, "");
  return plain.slice(0, MAX_NAME) || "run";
}

function findFreeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
  taken.add(name);
  return name;
}
