import { hashParameters } from "../core/hash_parameters.ts";
import type { EvaluationPlugin } from "../evaluation/evaluation_plugin.ts";
import type { Logger } from "../evaluation/loggers/logger.ts";
import type { Benchmark } from "../streams/experience.ts";
import type { BaseStrategy } from "../training/base_strategy.ts";
import type { StrategyPlugin } from "../training/strategy_plugin.ts";
import { type ExportLabels, ModelExporter } from "./model_exporter.ts";
import { createRunDirectory, type RunDirectory } from "./run_directory.ts";
import { createRunEvaluator } from "./run_evaluator.ts";
import { RunMonitor } from "./run_monitor.ts";
import {
  createRunSummary,
  type ExperienceSummary,
  type RunStatus,
  type RunSummary,
  weighAccuracy,
} from "./run_summary.ts";
import { isTrainedOnline, listTrainingUnits, type TrainingUnit } from "./training_units.ts";

/** What a run hands to the strategy that it will train; both must be passed on to the constructor. */
export interface RunParts {
  readonly evaluator: EvaluationPlugin;
  /** To be put after the strategy's other plugins. */
  readonly plugins: readonly StrategyPlugin[];
}

/** What a run is made of. */
export interface TrainingRunOptions<Config> {
  readonly benchmark: Benchmark;
  readonly createStrategy: (parts: RunParts) => BaseStrategy | Promise<BaseStrategy>;
  /** The run's folder, or what makes it. It is made last, so that a strategy that is refused leaves nothing behind. */
  readonly directory: string | (() => Promise<RunDirectory>);
  /** Plain data that decides the run: what config.json and summary.json hold. */
  readonly config: Config;
  /** Called beside the one that writes metrics.jsonl. */
  readonly loggers?: readonly Logger[];
  /** Names for the exported files' metadata; the class of the strategy and the benchmark's name if left out. */
  readonly labels?: ExportLabels;
  /** False leaves the ONNX files out. */
  readonly exportsModels?: boolean;
  /** Ends the run between two iterations; its status is "interrupted" then. */
  readonly signal?: AbortSignal;
}

/**
 * Trains a strategy on every experience of a benchmark's train stream; after each, evaluates it on the whole test
 * stream, exports the model and brings the run directory up to date.
 * @example
 * await using run = await createTrainingRun({
 *   benchmark, directory: "runs/mine", config: {},
 *   createStrategy: (parts) => new Naive({ model, optimizer, ...parts }),
 * });
 * const { final } = await run.train();
 */
export class TrainingRun<Config> {
  readonly directory: RunDirectory;
  readonly strategy: BaseStrategy;
  readonly #options: TrainingRunOptions<Config>;
  readonly #monitor: RunMonitor;
  readonly #exporter: ModelExporter | undefined;
  readonly #experiences: ExperienceSummary[] = [];
  #parametersHash: string | null = null;

  /** Use `createTrainingRun`. */
  constructor(
    options: TrainingRunOptions<Config>,
    parts: { readonly directory: RunDirectory; readonly strategy: BaseStrategy; readonly monitor: RunMonitor },
  ) {
    this.#options = options;
    this.directory = parts.directory;
    this.strategy = parts.strategy;
    this.#monitor = parts.monitor;
    const { benchmark, labels, exportsModels = true } = options;
    const own = { strategy: this.strategy.constructor.name, benchmark: benchmark.name };
    if (exportsModels) this.#exporter = new ModelExporter(benchmark, this.directory, labels ?? own);
  }

  /**
   * Does all of it, once.
   * @returns The finished run's summary.
   * @throws Whatever ended the run early; summary.json says "interrupted" or "failed" then.
   */
  async train(): Promise<RunSummary<Config>> {
    await this.directory.writeConfig(this.#options.config);
    await this.#writeSummary("running");
    try {
      const { trainsJointly: jointly } = this.strategy;
      for (const unit of listTrainingUnits(this.#options.benchmark, { jointly })) {
        this.#experiences.push(await this.#trainUnit(unit));
        this.#parametersHash = hashParameters(this.strategy.parameters);
        await this.#writeSummary("running");
      }
    } catch (error) {
      if (this.#options.signal?.aborted) await this.#writeSummary("interrupted");
      else await this.#writeSummary("failed", error instanceof Error ? error.message : String(error));
      throw error;
    }
    return this.#writeSummary("finished");
  }

  /** Ends the replicas and closes the files. */
  async close(): Promise<void> {
    await this.strategy.close();
    this.directory.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #trainUnit({ experience, first, parts }: TrainingUnit): Promise<ExperienceSummary> {
    const monitor = this.#monitor;
    const index = experience.currentExperience;
    const { benchmark } = this.#options;
    const trainSecondsBefore = monitor.trainSeconds;
    await this.strategy.train(parts, { evalStreams: listValidation(benchmark, first, index) });
    const trainSeconds = monitor.trainSeconds - trainSecondsBefore;
    const epochs = this.strategy.clock.trainExpEpochs;

    const evalSecondsBefore = monitor.evalSeconds;
    await this.strategy.eval(benchmark.testStream);
    const evalSeconds = monitor.evalSeconds - evalSecondsBefore;
    const accuracy = readTestAccuracy(benchmark, monitor.accuracies);
    const onnx = (await this.#exporter?.export(this.strategy, experience, accuracy)) ?? null;
    const { classesInThisExperience: classes, dataset } = experience;
    return { index, classes, examples: dataset.length, epochs, trainSeconds, evalSeconds, ...accuracy, onnx };
  }

  async #writeSummary(status: RunStatus, error?: string): Promise<RunSummary<Config>> {
    const summary = createRunSummary({
      status,
      error,
      config: this.#options.config,
      experiences: this.#experiences,
      trainedSamples: this.#monitor.trainedSamples,
      parametersHash: this.#parametersHash,
    });
    await this.directory.writeSummary(summary);
    return summary;
  }
}

/**
 * Makes the strategy and then the run's folder. Nothing is trained yet.
 * @throws {Error} If the folder holds another run.
 */
export async function createTrainingRun<Config>(options: TrainingRunOptions<Config>): Promise<TrainingRun<Config>> {
  const { directory: wanted, loggers = [], signal } = options;
  const makeDirectory = typeof wanted === "string" ? () => createRunDirectory(wanted) : wanted;
  let directory: RunDirectory | undefined;
  const monitor = new RunMonitor(signal);
  const evaluator = createRunEvaluator({
    writeLines: (lines) => directory?.metrics.append(lines),
    loggers,
    isOnline: isTrainedOnline(options.benchmark),
  });
  const strategy = await options.createStrategy({ evaluator, plugins: [monitor] });
  try {
    directory = await makeDirectory();
    return new TrainingRun(options, { directory, strategy, monitor });
  } catch (error) {
    await strategy.close();
    throw error;
  }
}

/** What is evaluated while experiences are trained: their own part of the validation stream, where there is one. */
function listValidation({ streams }: Benchmark, first: number, last: number) {
  const validation = streams.get("valid");
  return validation ? [validation.slice(first, last + 1)] : [];
}

function readTestAccuracy({ testStream }: Benchmark, accuracies: ReadonlyMap<number, number>) {
  const experiences = [...testStream];
  const testAccuracy = experiences.map(({ currentExperience }) => accuracies.get(currentExperience) ?? Number.NaN);
  const counts = experiences.map(({ dataset }) => dataset.length);
  return { testAccuracy, streamAccuracy: weighAccuracy(testAccuracy, counts) };
}
