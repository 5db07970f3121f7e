import { resolve } from "node:path";
import { resolveClusterOptions } from "../../cluster/cluster_options.ts";
import type { FeaturePlan } from "../../cluster/features/feature_plan.ts";
import { resolveIsolation } from "../../cluster/isolation.ts";
import { listDevices } from "../../cluster/list_devices.ts";
import { assertProcessesShare } from "../../cluster/processes/probe_processes.ts";
import { Ranks } from "../../cluster/ranks/ranks.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { assertPrecision } from "../../engine/assert_precision.ts";
import { assertCudaOptions, chooseEngine } from "../../engine/create_engine.ts";
import type { CudaOptions } from "../../engine/onnxruntime/cuda/cuda_options.ts";
import type { Logger } from "../../evaluation/loggers/logger.ts";
import { takeTopology } from "../../models/take_topology.ts";
import { assertTrainedExperiences } from "../../optimizers/group_schedule.ts";
import { parseCheckpointInterval } from "../../runs/checkpoints/checkpoint_interval.ts";
import { createTrainingRun, resumeTrainingRun } from "../../runs/create_training_run.ts";
import type { KeptModel } from "../../runs/models/kept_model.ts";
import type { RunParts, TrainingRunOptions } from "../../runs/options/training_run_options.ts";
import { rehearseTrainingRun } from "../../runs/rehearse_run.ts";
import { continueTrainingRun, NothingNewError } from "../../runs/resuming/continue_training_run.ts";
import { assertNoRun, createNumberedRunDirectory, createRunDirectory } from "../../runs/run_directory.ts";
import type { RunSummary } from "../../runs/summary/run_summary.ts";
import type { TrainingRun } from "../../runs/training_run.ts";
import type { JournalJudgeOptions } from "../../serving/gate/journal_judge.ts";
import { readTargetForm } from "../../streams/benchmark_targets.ts";
import { createLoaded, createNamed } from "../options/named_factory.ts";
import { findModuleAddress, findProgram, nameForFolder } from "../options/user_module.ts";
import { BENCHMARKS } from "../registries/benchmarks.ts";
import { EXPORT_FORMS } from "../registries/export_forms.ts";
import { METRICS } from "../registries/metrics.ts";
import { MODELS } from "../registries/models.ts";
import { OPTIMIZERS } from "../registries/optimizers.ts";
import { PLUGINS } from "../registries/plugins.ts";
import { STRATEGIES } from "../registries/strategies.ts";
import { assertAdaptersKept, assertDevicesAreThere, assertModelFits } from "./check_model.ts";
import { assertCriterionFits, chooseCriterion } from "./config/choose_criterion.ts";
import { keepChoices } from "./config/keep_choices.ts";
import { labelChoice } from "./config/label_choice.ts";
import type { TrainConfig } from "./config/train_config.ts";
import { openFeatures, placeFeatures } from "./place_features.ts";
import { shareWithProcesses } from "./share_with_processes.ts";
import { assertStartFits, findStartModel, keepStartModel } from "./start_model.ts";

/**
 * Where a run writes: a folder for a new one, a numbered one in "runs" if undefined, or the folder of one that goes on,
 * with other experiences where it is continued.
 */
export type RunTarget =
  | { readonly kind: "new"; readonly out: string | undefined }
  | { readonly kind: "resumed"; readonly directory: string }
  | {
      readonly kind: "continued";
      readonly directory: string;
      /** The label of each class id of the run so far. */
      readonly classNames: readonly string[];
      /** Those of the run so far and those to train; others are left. Default: all that are there. */
      readonly experienceNames?: readonly string[];
    };

/** What does not decide a run's numbers. */
export interface RunSurroundings {
  readonly target: RunTarget;
  /** The replicas of this process, which need not be those that the run was started with. */
  readonly layout: Pick<TrainConfig, "workers" | "devices" | "isolation">;
  /** The processes that train this run together. Default: this one alone. */
  readonly ranks?: Ranks;
  /** True goes on where data that the run has read is other than it was. */
  readonly acceptChangedData: boolean;
  /** True or a journal where `serve` says of each model whether the run goes on from it. Default: nobody does. */
  readonly gated?: string | true | undefined;
  /** True where experiences may come that are not there yet. Default: false. */
  readonly watch?: boolean;
  readonly loggers: readonly Logger[];
  /** Called whenever the run's summary was written. */
  readonly onSummary?: ((summary: RunSummary<TrainConfig>) => void) | undefined;
  readonly signal: AbortSignal;
  /** Gets one line for each problem that does not end the run. */
  readonly report: (line: string) => void;
  /** Told what frozen layers give once a sample, and how many samples there are. */
  readonly onFeatures?: (plan: FeaturePlan, samples: number) => void;
}

/**
 * Makes everything that a configuration names, and last the run's folder.
 * @returns Undefined where a finished run is to be continued and nothing is new.
 * @throws {Error} If data is missing, a value is out of range or the folder cannot be used; nothing was written then.
 */
export async function prepareRun(
  given: TrainConfig,
  around: RunSurroundings,
): Promise<TrainingRun<TrainConfig> | undefined> {
  const { target, acceptChangedData, report } = around;
  if (target.kind === "new" && target.out !== undefined) {
    assertOutsideData(target.out, given);
    // The others may come after it has made the folder.
    if (around.ranks?.isFirst ?? true) await assertNoRun(target.out);
  }
  let run: TrainingRun<TrainConfig> | undefined;
  const start = await findStartModel(given, target.kind === "new" ? undefined : target.directory);
  const options = await createRunOptions({ given, start }, around, () => run?.directory.path ?? ".");
  if (target.kind === "continued") {
    const continued = continueTrainingRun({ ...options, acceptChangedData, directory: target.directory });
    run = await continued.catch(ignoreNothingNew);
    return run;
  }
  if (target.kind === "resumed") {
    run = await resumeTrainingRun({ ...options, acceptChangedData, directory: target.directory, onDamage: report });
    return run;
  }
  const { out } = target;
  const { strategy, benchmark } = options.config;
  run = await createTrainingRun({
    ...options,
    directory: async () => {
      const directory = await (out === undefined
        ? createNumberedRunDirectory("runs", `${nameForFolder(strategy)}-${benchmark.name}`)
        : createRunDirectory(out));
      if (start) await keepStartModel(directory, start);
      return directory;
    },
  });
  return run;
}

/**
 * Makes everything that a configuration names, but no folder. `out` is where the run will be.
 * @throws {Error} If `prepareRun` would refuse it for a new run.
 */
export async function rehearseConfig(
  config: TrainConfig,
  { signal, out }: { readonly signal: AbortSignal; readonly out: string | undefined },
): Promise<void> {
  if (out !== undefined) assertOutsideData(out, config);
  const target = { kind: "new", out: undefined } as const;
  const around = { target, layout: config, acceptChangedData: false, loggers: [], signal, report: () => undefined };
  const start = await findStartModel(config, undefined);
  await rehearseTrainingRun(await createRunOptions({ given: config, start }, around, () => "."));
}

/** @throws {RefusalError} If the run would lie among the data that it reads, which is other data then. */
function assertOutsideData(out: string, { benchmark: { name, options }, data }: TrainConfig): void {
  if (name !== "directory") return;
  const folders = [options.path ?? data, options.more].flat().filter((folder) => typeof folder === "string");
  const around = folders.find((folder) => `${resolve(out)}/`.startsWith(`${resolve(folder)}/`));
  if (around !== undefined)
    throw new RefusalError(`--out must be outside the folder of the data, ${around}, got ${out}`);
}

/** @throws What was thrown, if it is something else. */
function ignoreNothingNew(error: unknown): undefined {
  if (!(error instanceof NothingNewError)) throw error;
}

/**
 * Makes all that a configuration names.
 * @param runFolder The folder of the run; asked for while it trains.
 */
export async function createRunOptions(
  { given, start }: { readonly given: TrainConfig; readonly start: KeptModel | undefined },
  around: RunSurroundings,
  runFolder: () => string,
): Promise<Omit<TrainingRunOptions<TrainConfig>, "directory">> {
  const { target, layout, loggers, onSummary, signal, report, gated, ranks = Ranks.single() } = around;
  const { seed, logicalShards, engine, exportsModels, maxRestarts } = given;
  const { workers, devices, isolation: isolationChoice = "auto" } = layout;
  const placed = resolveClusterOptions({ workers, devices, logicalShards, isolation: isolationChoice });
  const places = listDevices(placed);
  // As soon as that is known, so that data is loaded where processes find it.
  const early = engine === "auto" ? isolationChoice : resolveIsolation(engine, placed);
  using _memory = early === "process" ? await shareWithProcesses() : undefined;
  const optimizer = createNamed(OPTIMIZERS, given.optimizer, undefined);
  const data = given.data ?? undefined;
  const known = describeKnown(given, target, start);
  const benchmark = await createNamed(BENCHMARKS, given.benchmark, { ...known, seed, data });
  if (start) assertStartFits(given.model, start, benchmark);
  const { choice, criterion } = chooseCriterion(given.criterion, benchmark);
  // A run that goes on has those that it was started with.
  const config = target.kind === "resumed" ? given : keepChoices(given, { benchmark, start, criterion: choice });
  const context = { benchmark, runFolder };
  const plugins = await Promise.all(config.plugins.map((choice) => createLoaded(PLUGINS, choice, context)));
  const { metrics: ownMetrics = [] } = config;
  const metrics = await Promise.all(ownMetrics.map((choice) => createLoaded(METRICS, choice, undefined)));
  const { sampleShape: inputShape, isTaskIncremental } = benchmark;
  // A model goes on with the outputs that it has.
  const targets = readTargetForm(benchmark);
  const trained = target.kind === "continued" ? target.classNames.slice(0, benchmark.numClasses) : start?.classNames;
  const numClasses = targets.kind === "classes" ? (trained?.length ?? benchmark.numClasses) : targets.width;
  const model = await createLoaded(MODELS, config.model, { numClasses, inputShape, seed, isTaskIncremental, start });
  const topology = takeTopology(model);
  const kind = await chooseEngine(engine, topology);
  const isolation = resolveIsolation(kind, placed);
  if (isolation !== early && isolation === "process") await assertProcessesShare();
  await assertModelFits(model, { topology, benchmark, engine: kind, exportsModels, numClasses });
  const { exportForm: typed } = config;
  const exportForm = typed && createNamed(EXPORT_FORMS, { name: "export", options: { ...typed } }, undefined);
  assertAdaptersKept(config, topology);
  assertCriterionFits(criterion, { model, benchmark });
  const { precision = "float32" } = given;
  assertPrecision({ precision, engine: kind, devices: places });
  const cuda = readCudaOptions(given);
  // A run that goes on elsewhere has no use for them.
  if (target.kind === "new") assertCudaOptions(kind, places, cuda);
  await openFeatures(given, kind, topology);
  await assertDevicesAreThere(places, { engine: kind, isolation });
  return {
    benchmark,
    config,
    // Rank 0 writes what they would all write.
    loggers: [...loggers, ...(ranks.isFirst ? plugins.flatMap((plugin) => plugin.loggers ?? []) : [])],
    metrics: [...plugins.flatMap((plugin) => plugin.metrics ?? []), ...metrics.flat()],
    measure: config.measure,
    evaluatesFirst: plugins.some(({ evaluatesFirst }) => evaluatesFirst),
    ...(onSummary ? { onSummary } : {}),
    ...(gated === undefined ? {} : { judge: await createJudge(gated, { folder: runFolder, signal, tell: report }) }),
    signal,
    exportsModels,
    keepAdapters: config.keepAdapters,
    exportForm,
    checkpointEvery: parseCheckpointInterval(config.checkpointEvery),
    labels: { strategy: labelChoice(config.strategy), benchmark: labelChoice(config.benchmark) },
    createStrategy: async (parts: RunParts) => {
      const strategy = await createLoaded(STRATEGIES, config.strategy, {
        model,
        optimizer,
        ...(criterion ? { criterion } : {}),
        seed,
        evaluator: parts.evaluator,
        plugins: [...plugins.map(({ plugin }) => plugin), ...parts.plugins],
        evalEvery: Math.max(-1, ...plugins.map(({ evalEvery = -1 }) => evalEvery)),
        trainEpochs: config.epochs,
        trainMbSize: config.batchSize,
        dropLast: config.dropLast,
        evalMbSize: config.evalBatchSize,
        cluster: {
          workers,
          devices,
          ranks,
          logicalShards,
          isolation,
          engine,
          maxRestarts,
          ...placeFeatures(given, benchmark, around),
          precision,
          cuda: places.some((device) => device.startsWith("cuda")) ? cuda : {},
          onRestart: report,
          layerModules: listModules(config),
        },
      });
      const all = strategy.trainsJointly ? 1 : benchmark.trainStream.length;
      // A run that goes on was begun so, and may have been followed by more experiences.
      if (target.kind === "new" && !around.watch) assertTrainedExperiences(optimizer, all);
      return strategy;
    },
  };
}

async function createJudge(gated: string | true, options: JournalJudgeOptions) {
  const { createJournalJudge } = await import("../../serving/gate/journal_judge.ts");
  return createJournalJudge({ ...options, ...(gated === true ? {} : { journal: gated }) });
}

function readCudaOptions({ tf32, convolutionSearch, pinnedMemory }: TrainConfig): CudaOptions {
  return omitUndefined({ tf32, convolutionSearch, pinnedMemory });
}

/** What of the benchmark is settled: by the run that goes on, or by the model that it begins with. */
function describeKnown(given: TrainConfig, target: RunTarget, start: KeptModel | undefined) {
  if (target.kind === "continued") {
    return { ...given, ...target, addClasses: true, addExperiences: target.experienceNames === undefined };
  }
  if (target.kind === "new" && start) return { ...given, classNames: start.classNames, addClasses: true };
  return given;
}

/** What may register layers of its own: the module that made the model. */
function listModules({ model }: TrainConfig): string[] {
  const program = findProgram(model);
  return program === undefined ? [] : [findModuleAddress(program)];
}
