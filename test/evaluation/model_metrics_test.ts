import { describe, expect, test } from "bun:test";
import { hashParameters } from "../../src/core/hashing/hash_parameters.ts";
import { Dataset } from "../../src/data/dataset.ts";
import type { CountedModel } from "../../src/evaluation/counted_model.ts";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { formatMetricAsJSON } from "../../src/evaluation/loggers/json_lines_logger.ts";
import { formatMetricLines } from "../../src/evaluation/loggers/text_logger.ts";
import { imagesSamplesMetrics } from "../../src/evaluation/metrics/outputs/images_samples_metrics.ts";
import { macMetrics } from "../../src/evaluation/metrics/resources/multiply_accumulates.ts";
import { weightCheckpointMetrics } from "../../src/evaluation/metrics/resources/weight_checkpoint_metrics.ts";
import type { PluginMetric } from "../../src/evaluation/plugin_metric.ts";
import type { Experience } from "../../src/streams/experience.ts";
import { makeTask } from "../support/made_task.ts";
import { FakeStrategy } from "./fake_strategy.ts";
import { createPlainStream } from "./fake_stream.ts";

/** A dense layer's model. */
function makeModel(inputs: number, units: number): CountedModel {
  const layer = {
    name: "dense",
    getClassName: () => "Dense",
    getConfig: () => ({}),
    inboundNodes: [{ inputShapes: [[null, inputs]], outputShapes: [null, units] }],
    weights: [
      { name: "dense/kernel", shape: [inputs, units] },
      { name: "dense/bias", shape: [units] },
    ],
  };
  return { layers: [layer] };
}

class ShowingStrategy extends FakeStrategy {
  model = makeModel(6, 4);
  parameters = Float32Array.of(1, 2, 3);
}

/** Experiences with samples of six features. */
function withSamples(stream: Iterable<Experience>): Experience[] {
  const dataset = makeTask({ samples: 12, seed: 1, name: "made" });
  return [...stream].map((experience) => ({ ...experience, dataset }));
}

function run(metrics: readonly PluginMetric[]) {
  const evaluator = new EvaluationPlugin({ metrics });
  const strategy = new ShowingStrategy(evaluator);
  for (const experience of withSamples(createPlainStream("train", 2))) {
    strategy.train([experience]);
    strategy.eval(withSamples(createPlainStream("test", 1)));
    strategy.model = makeModel(6, 8);
    strategy.parameters.fill(9);
  }
  return evaluator.getAllMetrics();
}

describe("macMetrics()", () => {
  test("counts the model as it is, and again when it is another one", () => {
    const all = run(macMetrics({ minibatch: true, epoch: true, experience: true }));
    expect(Object.entries(all).map(([key, { values }]) => [key, values])).toEqual([
      ["MAC_MB/train_phase/train_stream/Task000", [24, 24, 48, 48]],
      ["MAC_Epoch/train_phase/train_stream/Task000", [24, 48]],
      ["MAC_Exp/eval_phase/test_stream/Task000/Exp000", [24, 48]],
    ]);
  });

  test("throws, when the strategy shows no model", () => {
    const strategy = new FakeStrategy(new EvaluationPlugin({ metrics: macMetrics({ epoch: true }) }));
    expect(() => strategy.train([...createPlainStream("train", 1)])).toThrow("needs a strategy that shows its model");
  });
});

describe("weightCheckpointMetrics()", () => {
  test("keeps a copy of the parameters after each experience, with their hash", () => {
    const all = run(weightCheckpointMetrics());
    const [first, second] = [0, 1].map((i) => all[`WeightCheckpoint/train_phase/train_stream/Exp00${i}`]?.values[0]);
    const parameters = Float32Array.of(1, 2, 3);
    expect(first).toEqual({ kind: "weights", sha256: hashParameters(parameters), parameters });
    expect(second).toMatchObject({ parameters: Float32Array.of(9, 9, 9) });
    const key = "WeightCheckpoint";
    const line = formatMetricAsJSON({ key, value: first ?? 0, step: 1, experience: 0 });
    expect(JSON.parse(line).value).toEqual({ kind: "weights", sha256: hashParameters(parameters), length: 3 });
    expect(formatMetricLines([[key, first ?? 0]])).toContain("3 parameters, sha256 ");
  });

  test("throws, when the strategy shows no parameters", () => {
    const strategy = new FakeStrategy(new EvaluationPlugin({ metrics: weightCheckpointMetrics() }));
    expect(() => strategy.train([...createPlainStream("train", 1)])).toThrow("a strategy that shows its parameters");
  });
});

describe("imagesSamplesMetrics()", () => {
  const asImages = (experiences: Experience[]): Experience[] =>
    experiences.map((experience) => {
      const [source] = experience.dataset.sources.values();
      if (!source) throw new Error("it has a source");
      const sources = new Map([[source.id, { ...source, sampleShape: [2, 3] }]]);
      const { references } = experience.dataset;
      return { ...experience, dataset: new Dataset(sources, references) };
    });

  function draw(options: Parameters<typeof imagesSamplesMetrics>[0]) {
    const evaluator = new EvaluationPlugin({ metrics: imagesSamplesMetrics({ nRows: 2, nCols: 3, ...options }) });
    const strategy = new FakeStrategy(evaluator);
    strategy.train(asImages(withSamples(createPlainStream("train", 1))));
    strategy.eval(asImages(withSamples(createPlainStream("test", 1))));
    return evaluator.getLastMetrics();
  }

  test("draws a grid of each experience's samples, the same for the same seed", () => {
    const [first, again, other] = [draw({ onEval: true }), draw({ onEval: true }), draw({ onEval: true, seed: 1 })];
    const keys = ["images/train_phase/train_stream/Task000", "images/eval_phase/test_stream/Task000/Exp000"];
    expect(Object.keys(first)).toEqual(keys);
    expect(first).toEqual(again);
    const train = first["images/train_phase/train_stream/Task000"];
    expect(train).toMatchObject({ kind: "image", width: 3 * 5 - 2, height: 2 * 4 - 2, channels: 1 });
    expect(other["images/train_phase/train_stream/Task000"]).not.toEqual(train as (typeof other)[string]);
    expect(formatMetricLines([["images", train ?? 0]])).toBe("\timages = an image of 13 x 6 pixels\n");
  });

  test("throws RangeError, when rows or columns are no whole numbers above 0", () => {
    expect(() => imagesSamplesMetrics({ nRows: 0 })).toThrow("imagesSamplesMetrics: nRows must be at least 1, got 0");
  });
});
