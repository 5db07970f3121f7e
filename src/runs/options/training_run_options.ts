import type { OptionRules } from "../../core/options/assert_options.ts";
import {
  anything,
  callback,
  either,
  flag,
  listOf,
  objectLike,
  oneOf,
  required,
  text,
} from "../../core/options/value_rules.ts";
import type { EvaluationPlugin } from "../../evaluation/evaluation_plugin.ts";
import type { Logger } from "../../evaluation/loggers/logger.ts";
import { MEASURE_NAMES, type MeasureName } from "../../evaluation/measures.ts";
import type { PluginMetric } from "../../evaluation/plugin_metric.ts";
import type { Benchmark } from "../../streams/experience.ts";
import { BENCHMARK_RULE } from "../../streams/experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import type { ModelJudge } from "../acceptance/model_judge.ts";
import type { CheckpointInterval } from "../checkpoints/checkpoint_interval.ts";
import type { ExportLabels } from "../exports/describe_export.ts";
import type { ExportForm } from "../exports/export_form.ts";
import type { RunDirectory } from "../run_directory.ts";
import type { RunSummary } from "../summary/run_summary.ts";

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
  /** Measured beside accuracy, loss, forgetting and backward transfer. */
  readonly metrics?: readonly PluginMetric[];
  /**
   * What the matrix shows of each experience of the test stream. Default: accuracy; R² where targets are values, macro
   * F1 where they are several labels.
   */
  readonly measure?: MeasureName | undefined;
  /** True evaluates the test stream before any training too, which forward transfer needs. */
  readonly evaluatesFirst?: boolean;
  /** Names for the exported files' metadata. Default: the class of the strategy and the benchmark's name. */
  readonly labels?: ExportLabels;
  /** False leaves the ONNX files out. */
  readonly exportsModels?: boolean;
  /** Whether low-rank adapters stay nodes of exported files, and are not added to the weights. Default: false. */
  readonly keepAdapters?: boolean | undefined;
  /** Exports each model once more in this form, into the run's folder `export`. Default: only its own form. */
  readonly exportForm?: ExportForm | undefined;
  /**
   * How often a checkpoint is made inside experiences. Default: every 30 seconds. Each experience's end makes one.
   */
  readonly checkpointEvery?: CheckpointInterval;
  /**
   * Who says of each model, before the next experience is trained, whether the run goes on from it. Where it is
   * refused the run goes back to the last accepted one, and `train()` throws a `WentBackError`: resume it then.
   * Default: nobody.
   */
  readonly judge?: ModelJudge;
  /** Called whenever summary.json was written, the first time when the run has begun or goes on. */
  readonly onSummary?: (summary: RunSummary<Config>) => void;
  /** Ends the run between two iterations, with a checkpoint: `train()` throws its reason, status "interrupted". */
  readonly signal?: AbortSignal;
}

/** What `TrainingRunOptions` may be. */
export const TRAINING_RUN_RULES: OptionRules<TrainingRunOptions<unknown>> = {
  benchmark: required(BENCHMARK_RULE),
  createStrategy: required(callback()),
  directory: required(either(text(), callback())),
  config: anything(),
  loggers: listOf(objectLike("a logger", "logMetrics")),
  metrics: listOf(objectLike("a metric (write ...accuracyMetrics({ … }) with its dots)", "name", "save")),
  measure: oneOf(MEASURE_NAMES),
  evaluatesFirst: flag(),
  labels: objectLike("{ strategy, benchmark }", "strategy", "benchmark"),
  exportsModels: flag(),
  keepAdapters: flag(),
  exportForm: objectLike("{ layout, preprocess, softmax, … }"),
  checkpointEvery: objectLike('{ kind: "seconds", seconds } or { kind: "iterations", iterations }', "kind"),
  judge: objectLike("{ listAccepted, onRefusal }", "listAccepted"),
  onSummary: callback(),
  signal: objectLike("an AbortSignal", "aborted"),
};
