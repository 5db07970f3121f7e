import { afterAll, describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { TensorBoardLogger } from "../../../src/evaluation/loggers/tensorboard_logger.ts";
import { lossMetrics } from "../../../src/evaluation/metrics/loss/loss.ts";
import { confusionMatrixMetrics } from "../../../src/evaluation/metrics/outputs/confusion_matrix.ts";
import { labelsRepartitionMetrics } from "../../../src/evaluation/metrics/outputs/labels_repartition.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { FakeStrategy } from "../fake_strategy.ts";
import { createPlainStream } from "../fake_stream.ts";
import { readEvents } from "../tensorboard/read_events.ts";

afterAll(removeFolders);

async function readFolder(folder: string) {
  const names = await readdir(folder);
  expect(names.length).toBe(1);
  expect(names[0]).toMatch(/^events\.out\.tfevents\.1234\../);
  return readEvents(join(folder, names[0] ?? ""));
}

describe("TensorBoardLogger", () => {
  test("writes every value under its key and step, after the record that names the format", async () => {
    const folder = join(await makeFolder({}), "events");
    const evaluator = new EvaluationPlugin({
      metrics: [...lossMetrics({ minibatch: true }), ...confusionMatrixMetrics(), ...labelsRepartitionMetrics()],
      loggers: [new TensorBoardLogger({ folder, now: () => 1234.5 })],
    });
    const strategy = new FakeStrategy(evaluator);
    strategy.train([createPlainStream("train", 1).at(0)], { batches: [3, 2] });
    strategy.eval([createPlainStream("test", 1).at(0)]);
    const [version, ...events] = await readFolder(folder);
    expect(version).toEqual({ wall_time: 1234.5, file_version: "brain.Event:2" });
    const values = events.map(({ step = 0, summary, wall_time }) => ({ step, wall_time, ...summary?.value[0] }));
    const losses = strategy.seen.filter(({ phase }) => phase === "train").map(({ loss }) => Math.fround(loss));
    const [first, second, labels, confusion] = values;
    const tag = "Loss_MB/train_phase/train_stream/Task000";
    expect(first).toEqual({ step: 0, wall_time: 1234.5, tag, simple_value: losses[0] ?? 0 });
    expect(second).toMatchObject({ step: 1, tag, simple_value: losses[1] ?? 0 });
    expect(labels).toMatchObject({ step: 2, tag: "Repartition/train_phase/train_stream/Task_000", histo: { num: 5 } });
    expect(confusion).toMatchObject({ step: 2, image: { width: 72, height: 72, colorspace: 3 } });
    expect(confusion?.image?.encoded_image_string.subarray(1, 4)).toEqual(new TextEncoder().encode("PNG"));
    expect(values.length).toBe(4);
  });

  test("writes pictures and weights, and asks for the folder when the first value comes", async () => {
    const parent = await makeFolder({});
    let folder = "";
    const logger = new TensorBoardLogger({ folder: () => folder, now: () => 1234 });
    folder = join(parent, "named", "late");
    const pixels = Uint8Array.of(0, 255);
    const parameters = Float32Array.of(-1, 0, 3);
    const origin = { step: 7, experience: 0 };
    logger.logMetrics([
      { key: "picture", value: { kind: "image", width: 2, height: 1, channels: 1, pixels }, ...origin },
      { key: "weights", value: { kind: "weights", sha256: "", parameters }, ...origin },
    ]);
    logger.flush();
    logger.flush();
    const [, picture, weights] = await readFolder(folder);
    expect(picture?.summary?.value[0]).toMatchObject({ tag: "picture", image: { width: 2, height: 1, colorspace: 1 } });
    expect(weights?.summary?.value[0]?.histo).toMatchObject({ min: -1, max: 3, num: 3, sum: 2 });
  });

  test("makes no file, when nothing was measured", async () => {
    const folder = await makeFolder({});
    const evaluator = new EvaluationPlugin({ metrics: [], loggers: [new TensorBoardLogger({ folder })] });
    new FakeStrategy(evaluator).train([createPlainStream("train", 1).at(0)]);
    expect(await readdir(folder)).toEqual([]);
  });

  test("ends no training, when its folder cannot be made", async () => {
    const parent = await makeFolder({ file: new Uint8Array(1) });
    const failures: string[] = [];
    const evaluator = new EvaluationPlugin({
      metrics: lossMetrics({ minibatch: true }),
      loggers: [new TensorBoardLogger({ folder: join(parent, "file", "below") })],
      onFailure: (message) => failures.push(message),
    });
    new FakeStrategy(evaluator).train([createPlainStream("train", 1).at(0)], { batches: [1, 1] });
    expect(failures.length).toBe(1);
    expect(failures[0]).toContain("TensorBoardLogger failed and logs no more");
  });
});
