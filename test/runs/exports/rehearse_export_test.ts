import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RefusalError } from "../../../src/core/errors/errors.ts";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { NCMPlugin } from "../../../src/methods/ncm/ncm_plugin.ts";
import { onnxModel } from "../../../src/models/onnx_model.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { convertExport } from "../../../src/onnx/conversion/convert_export.ts";
import { encodeModel } from "../../../src/onnx/file/encode_model.ts";
import { createOnnxModel } from "../../../src/onnx/file/onnx_model.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { takeCalibrationSamples } from "../../../src/runs/exports/calibration_samples.ts";
import { type ExportForm, toConversion } from "../../../src/runs/exports/export_form.ts";
import { exportStrategy } from "../../../src/runs/exports/export_strategy.ts";
import { rehearseExport } from "../../../src/runs/exports/rehearse_export.ts";
import type { Benchmark, Experience } from "../../../src/streams/experience.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { type ContractMember, withPlugin } from "../../methods/contract/contract_member.ts";
import { CONTRACT_MEMBERS, isTwin } from "../../methods/contract/contract_members.ts";
import { coverMembers } from "../../support/cover_members.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { makeNode, makeTensor } from "../../support/made_onnx.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { EXPORT_VARIANTS } from "../export_variants.ts";

afterAll(removeFolders);

/** Every option of a form, with values that some models can have and some cannot. */
const FORMS: readonly ExportForm[] = [
  { layout: "nhwc" },
  { layout: "nchw" },
  { preprocess: true },
  { softmax: true },
  { features: "true" },
  { features: "fc0" },
  { features: "fc1" },
  { features: "dropout0" },
  { features: "classifier" },
  { features: "logits" },
  { features: "nothing" },
  { features: "hidden" },
  { features: "scores" },
  { features: "classifier", softmax: true },
  { opset: 13 },
  { opset: 21, softmax: true },
  { precision: "float16" },
  { precision: "int8", calibrationSamples: 8, features: "classifier" },
  { original: true },
];

/** What a form is answered with: nothing where it is possible. */
async function judge(attempt: () => Promise<unknown>): Promise<"possible" | "refused"> {
  try {
    await attempt();
    return "possible";
  } catch (error) {
    if (error instanceof RefusalError) return "refused";
    throw error;
  }
}

/** The verdicts of the rehearsal, before anything is trained, and those of the export, after each experience. */
async function judgeForms(strategy: BaseStrategy, benchmark: Benchmark, trainsOnce: boolean) {
  const rehearsed: Record<string, string> = {};
  for (const form of FORMS) {
    rehearsed[JSON.stringify(form)] = await judge(() => rehearseExport(strategy, { benchmark, exportForm: form }));
  }
  const { trainStream, testStream } = benchmark;
  const exported: Record<string, string> = Object.fromEntries(Object.keys(rehearsed).map((form) => [form, "possible"]));
  for (const [i, experience] of [...trainStream].entries()) {
    if (!trainsOnce) await strategy.train(experience, { evalStreams: [testStream] });
    else if (i === 0) await strategy.train(trainStream, { evalStreams: [testStream] });
    const { bytes } = await exportStrategy(strategy, describeExport(benchmark, experience));
    for (const form of FORMS) {
      const verdict = await judge(() => exportIn(form, bytes, { strategy, benchmark, experience }));
      if (verdict === "refused") exported[JSON.stringify(form)] = verdict;
    }
  }
  return { rehearsed, exported };
}

function describeExport(benchmark: Benchmark, experience: Experience) {
  return { benchmark, experience, metadata: { "firn.normalization": JSON.stringify(benchmark.normalization) } };
}

/** As a run does it with the file `bytes` of what is trained. */
async function exportIn(
  form: ExportForm,
  bytes: Uint8Array,
  { strategy, benchmark, experience }: { strategy: BaseStrategy; benchmark: Benchmark; experience: Experience },
): Promise<unknown> {
  const { original = false, calibrationSamples: count = 8 } = form;
  if (original) return exportStrategy(strategy, { ...describeExport(benchmark, experience), original });
  const last = experience.currentExperience;
  const samples = form.precision === "int8" ? takeCalibrationSamples(benchmark, { count, last }) : [];
  return convertExport(bytes, { ...toConversion(form), samples });
}

/** A network of rows in an operator set that has not all the operators that heads are made of. */
async function writeOldNetwork(): Promise<string> {
  const rows = (name: string, width: number) => ({ name, shape: ["N", width], dataType: "float32" }) as const;
  const graph = {
    name: "old",
    nodes: [
      makeNode("MatMul", ["rows", "a"], "hidden"),
      makeNode("Relu", ["hidden"], "relu"),
      makeNode("MatMul", ["relu", "b"], "scores"),
    ],
    initializers: [makeTensor("a", [6, 5]), makeTensor("b", [5, 4])],
    inputs: [rows("rows", 6)],
    outputs: [rows("scores", 4)],
  };
  const path = join(await makeFolder({}), "old.onnx");
  await writeFile(path, encodeModel(createOnnxModel(graph, { opsetVersion: 12 })));
  return path;
}

/** With all that a member asks for. */
function makeTrained(model: StrategyOptions["model"]): StrategyOptions {
  const evaluator = new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) });
  return makeOptions({ model, trainEpochs: 2, evaluator, optimizer: new Adam({ learningRate: 0.01 }) });
}

/** It freezes the layers of an MLP by name. */
const LATENT = "LatentReplayPlugin";

/** What stands behind the first layer leaves the second out. */
const MEANS_OF_FIRST = {
  ...withPlugin(() => new NCMPlugin({ layerName: "fc0" })),
  createModel: () => mlp({ ...SMALL_MLP, hiddenLayers: 2 }),
};

const all = { ...CONTRACT_MEMBERS, ...EXPORT_VARIANTS, "means of the first layer's features": MEANS_OF_FIRST };
const members = Object.entries<ContractMember>(all).filter(([name]) => !isTwin(name));

describe("rehearseExport()", () => {
  let bytes = new Uint8Array();

  beforeAll(async () => {
    bytes = await readFile(await writeOldNetwork());
  });

  for (const [name, { create, createModel, taskLabels = false, trainsOnce = false }] of coverMembers(members)) {
    test(`refuses what the export would refuse, of all forms, when ${name} is trained`, async () => {
      const benchmark = makeBenchmark({ taskLabels });
      const model = createModel?.(8) ?? mlp({ ...SMALL_MLP, dropout: 0.2 });
      await withStrategy(create(makeTrained(model)), async (strategy) => {
        const { rehearsed, exported } = await judgeForms(strategy, benchmark, trainsOnce);
        expect(rehearsed).toEqual(exported);
      });
    });

    if (createModel || name === LATENT) continue;
    test(`refuses the same of a network from an ONNX file, when ${name} is trained`, async () => {
      const benchmark = makeBenchmark({ taskLabels });
      const model = onnxModel({ bytes, numClasses: 4 });
      await withStrategy(create(makeTrained(model)), async (strategy) => {
        const { rehearsed, exported } = await judgeForms(strategy, benchmark, trainsOnce);
        expect(rehearsed).toEqual(exported);
      });
    });
  }
});
