import { describe, expect, test } from "bun:test";
import { readSamples } from "../../src/data/read_samples.ts";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../src/evaluation/metrics/accuracy/accuracy.ts";
import type { PluginMetric } from "../../src/evaluation/plugin_metric.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import { evaluateExport } from "../../src/onnx/export/evaluate_export.ts";
import type { ExportBatch } from "../../src/onnx/export/export_session.ts";
import { findLargestColumn } from "../../src/onnx/export/largest_column.ts";
import { Adam } from "../../src/optimizers/adam.ts";
import { exportStrategy } from "../../src/runs/exports/export_strategy.ts";
import type { Benchmark, Experience } from "../../src/streams/experience.ts";
import { takeSnapshot } from "../../src/training/checkpoints/strategy_snapshot.ts";
import type { BaseStrategy } from "../../src/training/loop/base_strategy.ts";
import type { ContractMember } from "../methods/contract/contract_member.ts";
import { CONTRACT_MEMBERS, isTwin } from "../methods/contract/contract_members.ts";
import { REPRESENTATION_MEMBERS } from "../methods/contract/representation_members.ts";
import { coverMembers } from "../support/cover_members.ts";
import { SMALL_MLP } from "../support/made_cluster.ts";
import { makeBenchmark, withStrategy } from "../training/loop/made_strategy.ts";
import { EXPORT_VARIANTS } from "./export_variants.ts";

/** The last layers that the contract goes through. */
const LAST_LAYERS = {
  "a last layer of its own": {},
  "a head that grows": { incremental: true, initialUnits: 1 },
  "a head a task": { multiHead: true },
} as const;

type LastLayer = keyof typeof LAST_LAYERS;

const TAKES_LAST_LAYER = "the contract has it take features of the last layer, and heads are refused there";

const OUTPUTS_ARE_EMBEDDINGS = "its outputs are embeddings, which have no units of a class, and heads are refused";

/** What refuses heads that grow. */
const WITHOUT_HEADS: Readonly<Record<string, string>> = {
  FeCAMPlugin: TAKES_LAST_LAYER,
  RanPAC: TAKES_LAST_LAYER,
  StreamingLDA: TAKES_LAST_LAYER,
  SCR: OUTPUTS_ARE_EMBEDDINGS,
  SCRPlugin: OUTPUTS_ARE_EMBEDDINGS,
  CoPE: OUTPUTS_ARE_EMBEDDINGS,
  CoPEPlugin: OUTPUTS_ARE_EMBEDDINGS,
};

/** What cannot be exported with a last layer, by the reason; there is nothing that can be trained and not exported. */
const SKIPPED: Readonly<Record<LastLayer, Readonly<Record<string, string>>>> = {
  "a last layer of its own": {},
  "a head that grows": WITHOUT_HEADS,
  "a head a task": WITHOUT_HEADS,
};

/** Notes the class that the strategy's evaluation predicts for each sample. */
class PredictionRecorder implements PluginMetric {
  readonly name = "predictions";
  readonly predictions: number[] = [];

  afterEvalIteration({ mbOutput: { data, shape } }: Parameters<NonNullable<PluginMetric["afterEvalIteration"]>>[0]) {
    const [rows = 0, columns = 0] = shape;
    for (let row = 0; row < rows; row++) {
      this.predictions.push(findLargestColumn(data.subarray(row * columns, (row + 1) * columns)));
    }
    return undefined;
  }

  save(): null {
    return null;
  }

  restore(): void {}
}

/** Trains on one experience after another, and has each exported where `check` compares. */
async function run(
  { create, createModel, taskLabels = false, trainsOnce = false }: ContractMember,
  lastLayer: LastLayer,
  check: (context: {
    readonly strategy: BaseStrategy;
    readonly benchmark: Benchmark;
    readonly experience: Experience;
    readonly predictions: number[];
  }) => Promise<void>,
): Promise<void> {
  const isMultiHead = lastLayer === "a head a task";
  // Experiences of 2, 1 and 1 classes.
  const sizes = { experiences: 3, samples: 96, testSamples: 40 };
  const benchmark = makeBenchmark({ ...sizes, taskLabels: taskLabels || isMultiHead });
  const recorder = new PredictionRecorder();
  const strategy = create({
    model: createModel?.(8) ?? mlp({ ...SMALL_MLP, dropout: 0.2, ...LAST_LAYERS[lastLayer] }),
    optimizer: new Adam({ learningRate: 0.01 }),
    trainMbSize: 32,
    trainEpochs: 2,
    evaluator: new EvaluationPlugin({ metrics: [recorder, ...accuracyMetrics({ stream: true })] }),
    cluster: { workers: 0 },
    seed: 7,
  });
  const { trainStream, testStream } = benchmark;
  await withStrategy(strategy, async () => {
    for (const part of trainsOnce ? [trainStream] : trainStream) {
      await strategy.train(part, { evalStreams: [testStream] });
      recorder.predictions.length = 0;
      await strategy.eval(testStream);
      const experience = trainStream.at(strategy.clock.trainExpCounter - 1);
      await check({ strategy, benchmark, experience, predictions: [...recorder.predictions] });
    }
  });
}

function* readBatches({ testStream }: Benchmark): Generator<ExportBatch> {
  for (const { dataset } of testStream) yield { ...readSamples(dataset), taskLabels: dataset.targetsTaskLabels };
}

function describeExports(lastLayer: LastLayer, members: Readonly<Record<string, ContractMember>>): void {
  describe(`exportStrategy() of a model with ${lastLayer}`, () => {
    for (const [name, member] of coverMembers(Object.entries(members))) {
      const reason = SKIPPED[lastLayer][name];
      const title = `predicts what evaluation does, after each experience: ${name}`;
      test.if(reason === undefined)(reason ? `${title} (skipped: ${reason})` : title, async () => {
        await run(member, lastLayer, async ({ strategy, benchmark, experience, predictions }) => {
          const before = takeSnapshot(strategy);
          const metrics = strategy.evaluator.getLastMetrics();
          const { bytes } = await exportStrategy(strategy, { benchmark, experience });
          const exported = await evaluateExport(bytes, readBatches(benchmark));
          expect([...exported]).toEqual([...predictions]);
          for (const { dataset } of benchmark.testStream) {
            expect([...(await strategy.predict(dataset)).classes]).toEqual(predictions.splice(0, dataset.length));
          }
          // Nobody notices: what is trained and measured next is what it would have been.
          expect(takeSnapshot(strategy)).toEqual(before);
          expect(strategy.evaluator.getLastMetrics()).toEqual(metrics);
        });
      });
    }
  });
}

// A plugin whose strategy is no more than that plugin exports what the strategy does.
const members = Object.fromEntries(Object.entries(CONTRACT_MEMBERS).filter(([name]) => !isTwin(name)));
describeExports("a last layer of its own", { ...members, ...EXPORT_VARIANTS });
const predicting = Object.entries({ ...REPRESENTATION_MEMBERS, ...EXPORT_VARIANTS });
const withAnyModel = Object.fromEntries(predicting.filter(([, { createModel }]) => !createModel));
describeExports("a head that grows", withAnyModel);
describeExports("a head a task", withAnyModel);
