import { chooseComputed } from "../../cluster/cluster_model.ts";
import { RangeRefusal, RefusalError } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { convertModel } from "../../onnx/conversion/convert_model.ts";
import { describeModel } from "../../onnx/export/export_model.ts";
import { createBlankHead } from "../../onnx/export/head_form.ts";
import { listScoredClasses, type PredictionHead } from "../../onnx/export/prediction_head.ts";
import { parseTopology } from "../../onnx/topology/parse_topology.ts";
import { countTargets } from "../../streams/benchmark_targets.ts";
import type { Benchmark } from "../../streams/experience.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { takeClusterModel } from "../../training/model/model_cluster.ts";
import type { TrainingRunOptions } from "../options/training_run_options.ts";
import { takeCalibrationSamples } from "./calibration_samples.ts";
import { assertExportForm, type ExportForm, toConversion } from "./export_form.ts";
import { describeLabels } from "./export_strategy.ts";

/** What a run says of its exports. */
type RehearsedOptions = Pick<
  TrainingRunOptions<unknown>,
  "benchmark" | "exportForm" | "exportsModels" | "keepAdapters"
>;

/**
 * Brings the untrained model into the form that the run's models are to have, without a file: what the export would
 * refuse after the first experience is refused here.
 * @throws {RefusalError} If the models cannot have that form, or the run writes none.
 */
export async function rehearseExport(strategy: BaseStrategy, options: RehearsedOptions): Promise<void> {
  const { exportForm: form, exportsModels = true } = options;
  if (!form) return;
  if (!exportsModels) throw new RangeRefusal("exportForm needs models that are exported: leave exportsModels out");
  assertExportForm(form);
  try {
    await tryForm(strategy, form, options);
  } catch (cause) {
    if (!(cause instanceof RefusalError)) throw cause;
    throw new RangeRefusal(`export: ${cause.message}`, { cause });
  }
}

async function tryForm(
  strategy: BaseStrategy,
  form: ExportForm,
  { benchmark, keepAdapters }: RehearsedOptions,
): Promise<void> {
  const { ofLogits = false } = strategy.options.criterion;
  // The replicas are not there yet.
  const model = takeClusterModel(strategy.model, { ofLogits });
  const { original = false, precision } = form;
  const { features, ...rest } = toConversion(form);
  const imagined = imagineHeads(strategy, { benchmark, parameterCount: model.parameters.length });
  for (const heads of imagined ?? [[]]) {
    const described = describeModel("export", {
      spec: parseTopology(chooseComputed(model)),
      parameters: model.parameters,
      state: model.state,
      heads,
      classes: countTargets(benchmark),
      takesTaskLabels: benchmark.isTaskIncremental && heads.some((head) => listScoredClasses(head)),
      ...omitUndefined({ keepAdapters }),
      original,
      metadata: { ...describeLabels(benchmark), "firn.normalization": JSON.stringify(benchmark.normalization) },
      ...(original && hasTaskParameters(strategy, benchmark) ? { taskParameters: NO_OWNERS } : {}),
    });
    if (original) continue;
    await convertModel(described, {
      ...rest,
      // A head of which nothing is known may read what the network's own outputs do not need, and leave those out.
      ...(!imagined && isLayer(strategy, features) ? {} : omitUndefined({ features })),
      ...(precision === "int8" ? chooseSamples(benchmark) : {}),
    });
  }
}

/** Stands for parameters of which some belong to one task: which ones is known when that was trained. */
const NO_OWNERS = { owners: new Float32Array(0), lastOwners: new Map<number, number>(), lastOwner: 0 };

function hasTaskParameters({ plugins }: BaseStrategy, { isTaskIncremental }: Benchmark): boolean {
  return isTaskIncremental && plugins.some(({ taskParameters }) => taskParameters !== undefined);
}

/**
 * What will stand behind the network, in order: after each experience, and after the first one where that is less.
 * Undefined where a class does not say what its head will be.
 */
function imagineHeads(
  strategy: BaseStrategy,
  { benchmark, parameterCount }: { readonly benchmark: Benchmark; readonly parameterCount: number },
): readonly (readonly PredictionHead[])[] | undefined {
  const { predictionHead, predictionHeadForm } = BaseStrategy.prototype;
  const isOwn = strategy.predictionHead !== predictionHead;
  if (isOwn && strategy.predictionHeadForm === predictionHeadForm) return undefined;
  const plugins = strategy.plugins.filter((plugin) => plugin.predictionHead);
  if (plugins.some((plugin) => !plugin.predictionHeadForm)) return undefined;
  const widthOf = (layerName: string) => measureLayer(strategy, layerName);
  const place = { widthOf, parameterCount, byTask: benchmark.isTaskIncremental };
  const forms = [strategy, ...plugins].flatMap((one) => one.predictionHeadForm?.(strategy) ?? []);
  const atFirst = forms.filter((form) => !form.comesLater);
  return (atFirst.length < forms.length ? [atFirst, forms] : [forms]).map((all) =>
    all.map((form) => createBlankHead(form, place)),
  );
}

/** The values of a sample that a layer gives. */
function measureLayer({ model }: BaseStrategy, layerName: string): number {
  const { outputShape } = model.getLayer(layerName);
  const [first] = outputShape;
  const shape = Array.isArray(first) ? first : outputShape;
  return shape.slice(1).reduce<number>((product, length) => product * Number(length), 1);
}

/** Whether features are those of the classifier, or of a layer that there is. */
function isLayer({ model }: BaseStrategy, features: boolean | string | undefined): boolean {
  return typeof features !== "string" || model.layers.some(({ name }) => name === features);
}

/** One sample shows whether values can be measured; before there is one, float32 stands for int8. */
function chooseSamples(benchmark: Benchmark) {
  const { trainStream } = benchmark;
  const isThere = trainStream.length > 0 && trainStream.at(0).dataset.length > 0;
  return isThere
    ? { samples: takeCalibrationSamples(benchmark, { count: 1, last: 0 }) }
    : { precision: "float32" as const };
}
