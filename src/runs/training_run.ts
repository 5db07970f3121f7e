import { describeCause, RangeRefusal } from "../core/errors/errors.ts";
import { hashParameters } from "../core/hashing/hash_parameters.ts";
import type { EvaluationPlugin } from "../evaluation/evaluation_plugin.ts";
import type { MeasureName } from "../evaluation/measures.ts";
import { collectSources } from "../streams/benchmark.ts";
import { listNames } from "../streams/stream.ts";
import { restoreSnapshot, takeSnapshot } from "../training/checkpoints/strategy_snapshot.ts";
import type { BaseStrategy } from "../training/loop/base_strategy.ts";
import { heedJudge } from "./acceptance/heed_judge.ts";
import { WentBackError } from "./acceptance/model_judge.ts";
import type { PreparedCheckpoint } from "./checkpoints/checkpoint_folder.ts";
import { CheckpointPace } from "./checkpoints/checkpoint_pace.ts";
import type { RunCheckpoint, RunPlace } from "./checkpoints/run_checkpoint.ts";
import { RunCheckpointer } from "./checkpoints/run_checkpointer.ts";
import { describeTrained } from "./describe_trained.ts";
import { ModelExporter } from "./exports/model_exporter.ts";
import { followLostRanks, type LostRank } from "./lost_ranks.ts";
import { FrozenWeights } from "./models/frozen_weights.ts";
import type { TrainingRunOptions } from "./options/training_run_options.ts";
import { addFingerprints, fingerprintSources } from "./resuming/source_fingerprints.ts";
import type { RunDirectory } from "./run_directory.ts";
import type { RunMonitor } from "./run_monitor.ts";
import { createRunSummary, type ExperienceSummary, type RunStatus, type RunSummary } from "./summary/run_summary.ts";
import { readTestAccuracy } from "./test_accuracy.ts";
import type { TrainingRunParts } from "./training_run_parts.ts";
import { joinEarlier, listTrainingUnits, listValidation, type TrainingUnit } from "./training_units.ts";

/**
 * Trains a strategy on every experience of a benchmark's train stream; after each, evaluates it on the whole test
 * stream, exports the model, brings the run directory up to date and makes a checkpoint.
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
  readonly #evaluator: EvaluationPlugin;
  readonly #monitor: RunMonitor;
  readonly #checkpointer: RunCheckpointer;
  readonly #pace = new CheckpointPace();
  readonly #exporter: ModelExporter | undefined;
  readonly #experiences: ExperienceSummary[];
  #parametersHash: string | null;
  /** Experiences that are trained once more together with the next one. */
  #again: readonly number[];
  readonly #lostRanks: readonly LostRank[];
  readonly #measure: MeasureName;
  readonly #isContinued: boolean;
  readonly #frozen: FrozenWeights;
  /** Where to go on, until training is there. */
  #resumed: RunPlace | undefined;
  /** How far the run's files had come by then; undefined in a new run. */
  readonly #resumedFiles: Pick<RunCheckpoint, "metricsBytes" | "logs"> | undefined;
  /** True once the run is where it is to begin or to go on: until then, its folder stays as it was. */
  #hasBegun = false;

  /** Use `createTrainingRun`, `resumeTrainingRun` or `continueTrainingRun`. */
  constructor(options: TrainingRunOptions<Config>, parts: TrainingRunParts) {
    this.#options = options;
    this.directory = parts.directory;
    this.strategy = parts.strategy;
    this.#frozen = new FrozenWeights(parts.strategy);
    this.#evaluator = parts.evaluator;
    this.#monitor = parts.monitor;
    this.#measure = parts.measure;
    this.#experiences = [...(parts.checkpoint?.experiences ?? [])];
    this.#parametersHash = parts.checkpoint?.parametersHash ?? null;
    this.#again = parts.checkpoint?.again ?? [];
    this.#lostRanks = followLostRanks(parts.strategy, parts.checkpoint?.lostRanks);
    this.#resumed = parts.checkpoint?.place;
    this.#isContinued = parts.beginning === "continued";
    if (parts.beginning !== "new") this.#resumedFiles = parts.checkpoint ?? { metricsBytes: 0, logs: [] };
    this.#checkpointer = new RunCheckpointer({
      strategy: this.strategy,
      interval: parts.checkpointEvery,
      signal: options.signal,
      write: (checkpoint) => this.#save({ kind: "inside", ...checkpoint }),
    });
    const { benchmark, labels, exportsModels = true, keepAdapters, exportForm: form } = options;
    const own = { strategy: this.strategy.constructor.name, benchmark: benchmark.name };
    const { ranks } = this.strategy.options.cluster;
    if (exportsModels && ranks.isFirst)
      this.#exporter = new ModelExporter(benchmark, this.directory, { labels: labels ?? own, keepAdapters, form });
  }

  /**
   * Does all that is left of it, once.
   * @returns The finished run's summary.
   * @throws {WentBackError} If a model was refused by the run's `judge`; the run is resumed from an accepted one.
   * @throws Whatever ended the run early, the reason of an aborted `signal` too; summary.json says "interrupted" or
   * "failed" then, unless it ended before it was where it was to go on from: then the folder is as it was.
   */
  async train(): Promise<RunSummary<Config>> {
    const { benchmark, evaluatesFirst, signal } = this.#options;
    const done = this.#experiences.length;
    const isNew = this.#resumed === undefined;
    try {
      await this.#begin();
      if (isNew && evaluatesFirst) await this.strategy.eval(benchmark.testStream);
      let index = 0;
      for (const unit of listTrainingUnits(benchmark, { jointly: this.strategy.trainsJointly })) {
        index += 1;
        if (index <= done) continue;
        if (signal?.aborted) await this.#saveIfBehind();
        signal?.throwIfAborted();
        await this.#heedJudge();
        this.#experiences.push(await this.#trainUnit(joinEarlier(unit, this.#again, benchmark)));
        this.#again = [];
        this.#parametersHash = this.strategy.cluster.resident.read(() => hashParameters(this.strategy.parameters));
        await this.#writeSummary("running");
        this.#pace.countExperience();
        if (this.#pace.isDue) await this.#saveIfBehind();
      }
      await this.#saveIfBehind();
      return await this.#writeSummary("finished");
    } catch (error) {
      await this.#noteEnd(error);
      throw error;
    }
  }

  /** Ends the replicas, closes the files and lets other runs into the folder. */
  async close(): Promise<void> {
    try {
      await this.strategy.close();
    } finally {
      this.directory.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Writes what a new run begins with, or brings the strategy back to where the old one was. */
  async #begin(): Promise<void> {
    const figures = this.#resumed?.now.plugins.find(({ name }) => name === this.#monitor.name);
    if (figures) this.#monitor.restoreState(figures.state);
    if (this.#resumed?.kind === "inside") {
      // The experience's beginning is run again; what it tells is in the files already.
      this.directory.metrics.isMuted = true;
      this.#evaluator.holdLoggers();
      return;
    }
    if (this.#resumed) {
      await this.strategy.start();
      await restoreSnapshot(this.strategy, this.#resumed.now, collectSources(this.#options.benchmark));
    }
    await this.#arrive();
  }

  /** Brings the files to where the strategy is: from now on, they follow it. */
  async #arrive(): Promise<void> {
    const { metrics } = this.directory;
    if (this.#resumedFiles) {
      metrics.truncate(this.#resumedFiles.metricsBytes);
      metrics.isMuted = false;
      this.#evaluator.restoreLoggers(this.#resumedFiles.logs);
    }
    this.#hasBegun = true;
    // The run is another from here on: without this checkpoint, its folder would hold the old one's alone.
    if (this.#isContinued && this.#resumed) await this.#save(this.#resumed);
    const { config, benchmark } = this.#options;
    await this.directory.writeConfig(addFingerprints(config, fingerprintSources(benchmark)));
    await this.#writeSummary("running");
    this.#checkpointer.restart();
  }

  /** Asks whether to go on from the model of the last experience. @throws {WentBackError} If not. */
  async #heedJudge(): Promise<void> {
    const { judge } = this.#options;
    const isBetween = this.#resumed === undefined || this.#resumed.kind === "before";
    if (!judge || !isBetween || this.#experiences.length === 0 || this.#again.length > 0) return;
    await this.#saveIfBehind();
    const { checkpoint: present } = this.#createCheckpoint({ kind: "before", now: takeSnapshot(this.strategy) });
    await heedJudge(judge, { present, directory: this.directory, watching: [this.#monitor.name] });
  }

  async #trainUnit(unit: TrainingUnit): Promise<ExperienceSummary> {
    const monitor = this.#monitor;
    const { benchmark } = this.#options;
    const { experience } = unit;
    const place = this.#resumed;
    this.#resumed = undefined;
    if (place?.kind !== "trained") await this.#train(unit, place);
    const trainSeconds = monitor.trainSeconds - this.#experiences.reduce((sum, row) => sum + row.trainSeconds, 0);
    const epochs = this.strategy.clock.trainExpEpochs;

    const trained = this.#createCheckpoint({ kind: "trained", now: takeSnapshot(this.strategy) });
    const evalSecondsBefore = monitor.evalSeconds;
    try {
      await this.strategy.eval(benchmark.testStream);
    } catch (error) {
      if (this.#isPause(error)) await this.#write(trained);
      throw error;
    }
    const evalSeconds = monitor.evalSeconds - evalSecondsBefore;
    const accuracy = readTestAccuracy(benchmark, monitor);
    // The other ranks go on, and wait at the next exchange.
    const exporting = async () => this.#exporter?.export(this.strategy, experience, accuracy);
    const onnx = (await this.strategy.options.cluster.ranks.alone(exporting)) ?? null;
    return { ...describeTrained(experience), epochs, trainSeconds, evalSeconds, ...accuracy, onnx };
  }

  async #train({ experience, first, parts }: TrainingUnit, place: RunPlace | undefined): Promise<void> {
    const { benchmark } = this.#options;
    const evalStreams = listValidation(benchmark, first, experience.currentExperience);
    const options = { evalStreams, checkpointer: this.#checkpointer };
    if (place?.kind !== "inside") {
      await this.strategy.train(parts, options);
      return;
    }
    const { experiences } = place.position;
    if (experiences >= parts.length) {
      throw new RangeRefusal(`position.experiences must be below ${parts.length}, got ${experiences}`);
    }
    const resume = { ...place, sources: collectSources(benchmark), onRestored: () => this.#arrive() };
    await this.strategy.train(parts.slice(experiences), { ...options, resume });
  }

  async #saveIfBehind(): Promise<void> {
    if (this.#pace.isBehind) await this.#save({ kind: "before", now: takeSnapshot(this.strategy) });
  }

  async #save(place: RunPlace): Promise<void> {
    await this.#frozen.keep(this.directory);
    this.#pace.noteSaved(await this.#write(this.#createCheckpoint(place)));
    this.#checkpointer.restart();
  }

  #write({ checkpoint, known }: PreparedCheckpoint): Promise<number> {
    return this.directory.checkpoints.save(checkpoint, known);
  }

  #createCheckpoint(place: RunPlace): PreparedCheckpoint {
    const { config, benchmark } = this.#options;
    const { topology } = this.strategy.cluster.model;
    const model = { topology, classNames: benchmark.classNames };
    const metricsBytes = this.directory.metrics.sync();
    const logs = this.#evaluator.saveLoggers();
    const experiences = [...this.#experiences];
    const again = this.#again.length > 0 ? { again: this.#again } : {};
    const lost = this.#lostRanks.length > 0 ? { lostRanks: [...this.#lostRanks] } : {};
    const where = { config, experiences, parametersHash: this.#parametersHash, metricsBytes, logs, place, model };
    return { checkpoint: { ...where, ...again, ...lost }, known: this.#frozen.known };
  }

  async #noteEnd(error: unknown): Promise<void> {
    if (!this.#hasBegun) return;
    try {
      if (this.#isPause(error)) await this.#writeSummary("interrupted");
      else await this.#writeSummary("failed", describeCause(error));
    } catch {
      // The disk that ended the run may refuse this as well; the caller still learns how the run ended.
    }
  }

  #isPause(error: unknown): boolean {
    const { signal } = this.#options;
    return error instanceof WentBackError || (signal?.aborted === true && error === signal.reason);
  }

  async #writeSummary(status: RunStatus, error?: string): Promise<RunSummary<Config>> {
    const summary = createRunSummary({
      status,
      error,
      config: this.#options.config,
      experiences: this.#experiences,
      measure: this.#measure,
      testExperiences: listNames(this.#options.benchmark.testStream),
      trainedSamples: this.#monitor.trainedSamples,
      lostRanks: this.#lostRanks,
      parametersHash: this.#parametersHash,
    });
    await this.directory.writeSummary(summary);
    this.#options.onSummary?.(summary);
    return summary;
  }
}
