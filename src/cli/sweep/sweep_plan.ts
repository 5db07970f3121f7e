import { Command } from "commander";
import type { CliContext } from "../cli_context.ts";
import { addTrainCommand } from "../commands/train.ts";
import type { TrainOptions } from "../training/config/train_config.ts";
import { GRID_OPTIONS, type GridChoice, type SweepGrid } from "./grid_options.ts";

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
  readonly choice: GridChoice;
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

/** A configuration of a sweep that has begun. It keeps its name and folders, whatever is added to the sweep. */
export interface KnownConfiguration extends Pick<SweepConfiguration, "name" | "choice"> {
  /** What the names of its folders begin with: "naive" of "naive-seed-0". */
  readonly stem: string;
}

/**
 * Every combination of the grid, in the order in which values were given, with all seeds each.
 * @param known Those of the sweep that goes on.
 */
export function planSweep(
  { grid, words, seeds }: SweepChoice,
  known: readonly KnownConfiguration[],
): readonly SweepConfiguration[] {
  const varied = GRID_OPTIONS.filter((option) => (grid[option]?.length ?? 0) > 1);
  const named = varied.length > 0 ? varied : (["strategy"] as const);
  const takenNames = new Set(known.map(({ name }) => name));
  const taken = new Set(known.map(({ stem }) => stem));
  return combine(grid).map((choice) => {
    const old = known.find((other) => GRID_OPTIONS.every((option) => other.choice[option] === choice[option]));
    const wanted = named.map((option) => choice[option]).join(", ");
    const name = old?.name ?? (takenNames.has(wanted) ? findFreeName(wanted, takenNames) : wanted);
    const stem = old?.stem ?? findFreeName(toFolderName(name), taken);
    const own = GRID_OPTIONS.flatMap((option) => {
      const value = choice[option];
      return value === undefined ? [] : [`--${option}=${value}`];
    });
    const runs = seeds.map((seed) => ({
      label: `${name}, seed ${seed}`,
      seed,
      folder: nameRunFolder(stem, seed),
      words: [...own, ...words, `--seed=${seed}`],
    }));
    return { name, choice, runs };
  });
}

/** "naive-seed-0" */
export function nameRunFolder(stem: string, seed: number): string {
  return `${stem}-seed-${seed}`;
}

/** The options of train that these words stand for, with their defaults. */
export function readTrainOptions(words: readonly string[], context: CliContext): TrainOptions {
  const train = addTrainCommand(new Command(), context);
  train.parseOptions([...words]);
  return train.opts<TrainOptions>();
}

function combine({ criterion, ...grid }: SweepGrid): GridChoice[] {
  const choices = grid.benchmark.flatMap((benchmark) =>
    grid.model.flatMap((model) =>
      grid.optimizer.flatMap((optimizer) =>
        grid.strategy.map((strategy) => ({ strategy, benchmark, model, optimizer })),
      ),
    ),
  );
  return criterion ? criterion.flatMap((value) => choices.map((choice) => ({ ...choice, criterion: value }))) : choices;
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
