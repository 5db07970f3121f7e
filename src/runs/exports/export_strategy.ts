import { type ClusterModelForm, chooseComputed } from "../../cluster/cluster_model.ts";
import { elementAt } from "../../core/element_at.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { flag, objectLike, recordOf, required, text, wholeNumber } from "../../core/options/value_rules.ts";
import { VERSION } from "../../core/version.ts";
import { Dataset } from "../../data/dataset.ts";
import { readSamples } from "../../data/read_samples.ts";
import { listGrowingHeads } from "../../models/growth/growing_head.ts";
import { checkExport } from "../../onnx/export/check_export.ts";
import { exportModelFiles } from "../../onnx/export/export_model.ts";
import { checkOriginal } from "../../onnx/export/original/check_original.ts";
import { describeHead, listScoredClasses, UNKNOWN_MARGIN } from "../../onnx/export/prediction_head.ts";
import { parseTopology } from "../../onnx/topology/parse_topology.ts";
import { countTargets, readTargetForm } from "../../streams/benchmark_targets.ts";
import type { Benchmark, Experience } from "../../streams/experience.ts";
import { BENCHMARK_RULE } from "../../streams/experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type Prediction, usePredictor } from "../../training/model/predictor.ts";

/** Samples on which an exported file must agree with the strategy. */
const CHECKED_SAMPLES = 64;

/** What is exported, and what the file says of itself. */
export interface StrategyExportOptions {
  readonly benchmark: Benchmark;
  /** The one that was trained last. */
  readonly experience: Experience;
  /**
   * Free text by key; `firn.class_names` (or `firn.targets` and `firn.target_names`), `firn.data_class_names`,
   * `firn.experience_class_names`, `firn.task_names`,
   * `firn.feature_names`, `firn.head`, `firn.most_classes` and `firn.version` come by themselves.
   */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * What a file beside this one is called, in the same folder: where one file would have more than `maxFileBytes`, the
   * tensors stand there. Default: none, and larger models are refused.
   */
  readonly dataLocation?: string;
  /** Default: 2 GiB, the format's limit. */
  readonly maxFileBytes?: number;
  /** Whether low-rank adapters stay nodes of the file, in place of being added to the weights. Default: false. */
  readonly keepAdapters?: boolean;
  /**
   * True gives a network from an ONNX file back as it came: with its own inputs, output, nodes and operator set.
   * Default: false.
   */
  readonly original?: boolean;
}

const STRATEGY_EXPORT_RULES: OptionRules<StrategyExportOptions> = {
  benchmark: required(BENCHMARK_RULE),
  experience: required(objectLike("an experience", "dataset", "currentExperience")),
  metadata: recordOf(text()),
  dataLocation: text(),
  maxFileBytes: wholeNumber(1),
  keepAdapters: flag(),
  original: flag(),
};

/** A file that was run by onnxruntime and found to predict as the strategy does. */
export interface StrategyExport {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What belongs in the file `dataLocation` beside it; undefined where all stands in the one file. */
  readonly data?: Uint8Array<ArrayBuffer>;
  /** The largest difference between its logits and the strategy's, on held samples of the test stream. */
  readonly maxAbsoluteDifference: number;
}

/**
 * A strategy's model as an ONNX file that predicts as the strategy's evaluation does: by class means or corrected
 * logits where plugins say so, with averaged parameters, with the parameters of a sample's task. Metadata `firn.head`
 * lists as JSON what stands behind the network, `firn.class_names` the label of each column, `firn.task_names`, where
 * there is one, what each task label was before the benchmark numbered them. Where targets are numbers, `firn.targets`
 * says "values" or "labels" in place of class names, and `firn.target_names` what each column is, if it has a name.
 * `firn.most_classes` is the width of a network that is to score classes and does not grow.
 * Checked by onnxruntime on samples of the test stream.
 * @throws {UnsupportedLayerError} If a layer has no converter.
 * @throws {Error} If onnxruntime's outputs are not the strategy's.
 */
export async function exportStrategy(strategy: BaseStrategy, options: StrategyExportOptions): Promise<StrategyExport> {
  assertOptions("exportStrategy", options, STRATEGY_EXPORT_RULES);
  const { benchmark, experience, metadata = {}, dataLocation, maxFileBytes, keepAdapters, original } = options;
  return usePredictor(strategy, async (predictor) => {
    const groups = spreadSamples(benchmark, CHECKED_SAMPLES);
    for (const group of groups) await predictor.growHeads(group.experience);
    const { taskParameters, ...prediction } = await predictor.describe(experience);
    const scoresClasses = prediction.heads.some((head) => listScoredClasses(head) !== undefined);
    const { bytes, data } = exportModelFiles({
      ...omitUndefined({ dataLocation, maxFileBytes, keepAdapters, original }),
      spec: parseTopology(chooseComputed(strategy.cluster.model)),
      ...prediction,
      classes: countTargets(benchmark),
      // Where there are no tasks, all that counts is in the parameters already.
      takesTaskLabels: scoresClasses && benchmark.isTaskIncremental,
      ...(taskParameters && benchmark.isTaskIncremental ? { taskParameters } : {}),
      metadata: {
        ...metadata,
        ...describeLabels(benchmark),
        "firn.head": describeHeads(prediction),
        ...(scoresClasses ? {} : describeRoom(benchmark, strategy.cluster.model)),
        "firn.version": VERSION,
      },
    });
    const samples = Dataset.concat(groups.map(({ dataset }) => dataset));
    const expected: number[] = [];
    for (const group of groups) {
      const output = await predictor.predict(group.experience, group.dataset);
      const { targetsTaskLabels: taskLabels } = group.dataset;
      expected.push(...fitColumns(output, { ...prediction, taskLabels, numClasses: countTargets(benchmark) }));
    }
    const x = { ...readSamples(samples), taskLabels: samples.targetsTaskLabels };
    const external = data && dataLocation !== undefined ? { location: dataLocation, bytes: data } : undefined;
    const expectation = { x, expected: Float32Array.from(expected), ...(external ? { external } : {}) };
    const check = original ? checkOriginal : checkExport;
    return { bytes, ...(data ? { data } : {}), ...(await check(bytes, expectation)) };
  });
}

/** The metadata about labels and targets. */
export function describeLabels(benchmark: Benchmark): Readonly<Record<string, string>> {
  const { classNames, dataClassNames, experienceClassNames, taskNames, featureNames } = benchmark;
  const { kind, names } = readTargetForm(benchmark);
  return {
    ...(kind === "classes" ? { "firn.class_names": JSON.stringify(classNames) } : { "firn.targets": kind }),
    ...(names ? { "firn.target_names": JSON.stringify(names) } : {}),
    ...(dataClassNames ? { "firn.data_class_names": JSON.stringify(dataClassNames) } : {}),
    ...(experienceClassNames ? { "firn.experience_class_names": JSON.stringify(experienceClassNames) } : {}),
    ...(taskNames ? { "firn.task_names": JSON.stringify(taskNames) } : {}),
    ...(featureNames ? { "firn.feature_names": JSON.stringify(featureNames) } : {}),
  };
}

/** How many classes the network can ever learn; nothing where its head grows. */
function describeRoom(benchmark: Benchmark, model: ClusterModelForm): Readonly<Record<string, string>> {
  const isFixed = readTargetForm(benchmark).kind === "classes" && listGrowingHeads(model.topology).length === 0;
  return isFixed ? { "firn.most_classes": String(model.outputSize) } : {};
}

function describeHeads({ heads }: Pick<Prediction, "heads">): string {
  return JSON.stringify([{ kind: "network" }, ...heads.map(describeHead)]);
}

/** Test samples of an experience; those of all experiences with its task labels stand together. */
interface SampleGroup {
  readonly experience: Experience;
  readonly dataset: Dataset;
}

/** At most `count` samples, evenly spread over the whole test stream. */
function spreadSamples({ testStream }: Benchmark, count: number): SampleGroup[] {
  const all = [...testStream];
  const total = all.reduce((sum, { dataset }) => sum + dataset.length, 0);
  const chosen = Array.from({ length: Math.min(count, total) }, (_, i) =>
    Math.floor((i * total) / Math.min(count, total)),
  );
  const groups = new Map<string, SampleGroup>();
  let start = 0;
  for (const experience of all) {
    const { dataset, taskLabels } = experience;
    const end = start + dataset.length;
    const own = chosen.filter((position) => position >= start && position < end).map((position) => position - start);
    const known = groups.get(taskLabels.join());
    const datasets = [...(known ? [known.dataset] : []), dataset.subset(own)];
    groups.set(taskLabels.join(), { experience: known?.experience ?? experience, dataset: Dataset.concat(datasets) });
    start = end;
  }
  return [...groups.values()].filter(({ dataset }) => dataset.length > 0);
}

/**
 * What the file must say where a strategy says `output` [N, C]: heads that score classes leave a network's further
 * outputs out, and have a column for classes that the network has no output for.
 */
function fitColumns(
  { data, shape }: HostTensor,
  expected: Pick<Prediction, "heads"> & { readonly numClasses: number; readonly taskLabels: Int32Array },
): number[] {
  const { heads, numClasses, taskLabels } = expected;
  const [, width] = matrixShape(shape);
  const all = heads.flatMap((head) => listScoredClasses(head) ?? []);
  const columns = all.length > 0 ? Math.max(numClasses, ...all.map((id) => id + 1)) : width;
  return [...taskLabels].flatMap((task, row) => {
    const ids = heads.flatMap((head) => listScoredClasses(head, task) ?? []);
    const logits = [...data.subarray(row * width, row * width + Math.min(width, columns))];
    const least = Math.min(...ids.map((id) => elementAt(logits, id)));
    return [...logits, ...new Array<number>(columns - logits.length).fill(least - UNKNOWN_MARGIN)];
  });
}
