import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { callback, either, flag, text } from "../../core/options/value_rules.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { count, declareState, flag as flagField, number, optional, record } from "../../core/state/state.ts";
import type { EvaluatedStrategy } from "../evaluated_strategy.ts";
import type { MetricValue } from "../metric_value.ts";
import { cutFile, readSize, syncFile } from "./log_files.ts";
import type { Logger } from "./logger.ts";

const TRAINING_FILE = "training_results.csv";
const EVAL_FILE = "eval_results.csv";
const TRAINING_COLUMNS = "training_exp,epoch,training_accuracy,val_accuracy,training_loss,val_loss\n";
const EVAL_COLUMNS = "eval_exp,training_exp,eval_accuracy,eval_loss,forgetting\n";

/** Where the files go. */
export interface CSVLoggerOptions {
  /** The folder, made where it is missing. Default: "csvlogs". A function names it when the first row comes. */
  readonly folder?: string | (() => string);
  /** True goes on with files that are there; false (the default) starts them anew. */
  readonly append?: boolean;
}

const CSV_LOGGER_RULES: OptionRules<CSVLoggerOptions> = {
  folder: either(text(), callback()),
  append: flag(),
};

/** What is known of an epoch when it ends. */
const TRAINED_EPOCH = record({
  experience: count(),
  epoch: count(),
  accuracy: optional(number()),
  loss: optional(number()),
});

/**
 * Avalanche's two files: `training_results.csv` has a row an epoch, `eval_results.csv` a row an experience of each
 * evaluation outside training. Evaluations within training give `val_accuracy` and `val_loss`: the last one in the
 * epoch or at its end, where Avalanche writes the one before the epoch. Numbers have four digits behind the point; what
 * no metric measured is 0. The metrics are `Top1_Acc_Epoch`, `Loss_Epoch`, `Top1_Acc_Exp`, `Loss_Exp` and
 * `ExperienceForgetting`.
 */
export class CSVLogger implements Logger {
  readonly #options: CSVLoggerOptions;
  #folder: string | undefined;
  readonly #state = declareState("a CSV logger", {
    trainingBytes: count(),
    evalBytes: count(),
    trainedExperience: optional(count()),
    isInTraining: flagField(),
    /** The epoch that ended last, until its validation is over. */
    trained: optional(TRAINED_EPOCH),
    /** What was evaluated since the newest epoch began. */
    validation: record({ accuracy: optional(number()), loss: optional(number()) }),
  });

  /** @throws {TypeError} If an option is of another kind. */
  constructor(options: CSVLoggerOptions = {}) {
    assertOptions("CSVLogger", options, CSV_LOGGER_RULES);
    this.#options = options;
  }

  logMetrics(): void {}

  beforeTraining(): void {
    this.#state.isInTraining = true;
  }

  beforeTrainingExp({ experience }: EvaluatedStrategy): void {
    this.#writeEpoch();
    this.#state.trainedExperience = experience.currentExperience;
  }

  beforeTrainingEpoch(): void {
    this.#writeEpoch();
    this.#state.validation = { accuracy: undefined, loss: undefined };
  }

  afterTrainingEpoch({ clock, experience }: EvaluatedStrategy, values: readonly MetricValue[]): void {
    this.#state.trained = {
      experience: experience.currentExperience,
      epoch: clock.trainExpEpochs,
      accuracy: findNumber(values, "Top1_Acc_Epoch"),
      loss: findNumber(values, "Loss_Epoch"),
    };
  }

  afterTraining(): void {
    this.#writeEpoch();
    this.#state.isInTraining = false;
  }

  afterEvalExp({ experience }: EvaluatedStrategy, values: readonly MetricValue[]): void {
    const accuracy = findNumber(values, "Top1_Acc_Exp");
    const loss = findNumber(values, "Loss_Exp");
    if (this.#state.isInTraining) {
      this.#state.validation = { accuracy, loss };
      return;
    }
    const numbers = [accuracy, loss, findNumber(values, "ExperienceForgetting")].map(formatNumber);
    this.#append(EVAL_FILE, [experience.currentExperience, this.#state.trainedExperience ?? "", ...numbers]);
  }

  /** The files are made now if no row has come yet, so that it is known where they end. */
  saveState(): SavedState {
    this.#folder ??= this.#openFolder();
    this.#state.trainingBytes = syncFile(join(this.#folder, TRAINING_FILE));
    this.#state.evalBytes = syncFile(join(this.#folder, EVAL_FILE));
    return this.#state.save();
  }

  restoreState(saved: SavedState | undefined): void {
    if (saved === undefined) return;
    this.#state.restore(saved);
    const folder = findFolder(this.#options);
    cutFile(join(folder, TRAINING_FILE), this.#state.trainingBytes);
    cutFile(join(folder, EVAL_FILE), this.#state.evalBytes);
    this.#folder = folder;
  }

  #writeEpoch(): void {
    if (!this.#state.trained) return;
    const { experience, epoch, accuracy, loss } = this.#state.trained;
    const numbers = [accuracy, this.#state.validation.accuracy, loss, this.#state.validation.loss].map(formatNumber);
    this.#append(TRAINING_FILE, [experience, epoch, ...numbers]);
    this.#state.trained = undefined;
  }

  #append(file: string, cells: readonly (string | number)[]): void {
    this.#folder ??= this.#openFolder();
    appendFileSync(join(this.#folder, file), `${cells.join(",")}\n`);
  }

  #openFolder(): string {
    const { append = false } = this.#options;
    const path = findFolder(this.#options);
    mkdirSync(path, { recursive: true });
    for (const [file, columns] of [
      [TRAINING_FILE, TRAINING_COLUMNS],
      [EVAL_FILE, EVAL_COLUMNS],
    ] as const) {
      if (!append || readSize(join(path, file)) === 0) writeFileSync(join(path, file), columns);
    }
    return path;
  }
}

/** The number that a metric has just reported, if it did. */
function findNumber(values: readonly MetricValue[], name: string): number | undefined {
  const found = values.find(({ key }) => key.startsWith(`${name}/`))?.value;
  return typeof found === "number" ? found : undefined;
}

function formatNumber(value: number | undefined): string {
  return value === undefined ? "0" : value.toFixed(4);
}

function findFolder({ folder = "csvlogs" }: CSVLoggerOptions): string {
  return typeof folder === "string" ? folder : folder();
}
