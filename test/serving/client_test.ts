import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseNpy } from "../../src/data/readers/npy_reader.ts";
import { convertExport } from "../../src/onnx/conversion/convert_export.ts";
import { createStatistics } from "../../src/serving/answering/version_statistics.ts";
import { connect } from "../../src/serving/client/connect.ts";
import { measureClassDrift } from "../../src/serving/metrics/format_metrics.ts";
import { type Serving, serve } from "../../src/serving/serve.ts";
import { createImageNetwork, exportDrawn } from "../onnx/conversion/converted_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { writeVersion } from "./made_models.ts";

afterAll(removeFolders);

describe("connect()", () => {
  let serving: Serving;

  beforeAll(async () => {
    const folder = await makeFolder({});
    await writeVersion(folder, 0, { classes: 2, classNames: ["ant", "bee"] });
    await writeVersion(folder, 1, { classNames: ["ant", "bee", "cat"] });
    serving = await serve({ models: [{ path: folder, name: "made" }] });
  });

  afterAll(async () => {
    await serving.close();
  });

  test("asks in two lines, with the names of the classes of the version that answers", async () => {
    const { version, predictions } = await connect(serving.url).infer([
      [1, 2, 3],
      [5, 0, 1],
    ]);
    expect(version).toBe("1");
    expect(predictions.map(({ label, column }) => [label, column])).toEqual([
      ["cat", 2],
      ["ant", 0],
    ]);
    expect([...(predictions[0]?.logits ?? [])]).toEqual([3, 5, 7]);
    const pinned = connect(`${serving.url}/v2/models/made`, { version: "0" });
    expect((await pinned.infer(Float32Array.of(1, 2, 3))).predictions[0]?.label).toBe("bee");
  });

  test("says what the server refuses", async () => {
    await expect(connect(`${serving.url}/v2/models/other`).infer([[1, 2, 3]])).rejects.toThrow(
      /404: unknown model "other"/,
    );
    await expect(connect(serving.url).infer([[1, 2]])).rejects.toThrow(/must have 3 values, got 2/);
    await expect(connect(serving.url, { version: "9" }).infer([[1, 2, 3]])).rejects.toThrow(/404: version "9"/);
  });

  test("sends pixels to a model that takes them, and nothing that is none", async () => {
    const { bytes } = exportDrawn(createImageNetwork(), { sampleShape: [8, 8, 2], rows: 1, seed: 2 });
    const folder = await makeFolder({});
    await writeFile(join(folder, "experience-000.onnx"), (await convertExport(bytes, { preprocess: true })).bytes);
    await using pixels = await serve({ models: [{ path: folder, name: "pixels" }] });
    const client = connect(pixels.url);
    const image = Array.from({ length: 128 }, (_, i) => i);
    expect((await client.infer([image])).predictions[0]?.logits).toHaveLength(5);
    for (const wrong of [0.5, -1, 256]) {
      const asked = client.infer([[...image.slice(1), wrong]]);
      await expect(asked).rejects.toThrow(`whole numbers from 0 to 255, got ${wrong}`);
    }
  });

  test("says what samples are, before there is a model and after, and brings the token", async () => {
    const [path, feedback] = [await makeFolder({}), join(await makeFolder({}), "data")];
    const models = [{ path, name: "made", feedback }];
    await using learning = await serve({ models, token: "secret", pollMs: 1e9, feedbackRows: 4 });
    await expect(connect(learning.url).feedback({ x: [[1, 2, 3]], labels: ["ant"] })).rejects.toThrow(/answers 401: /);
    const client = connect(learning.url, { token: "secret", from: "a test" });
    await expect(client.feedback({ x: Float32Array.of(1, 2, 3), labels: ["ant"] })).rejects.toThrow(
      "the model has no version yet: its first samples need sampleShape",
    );
    const first = await client.feedback({ x: Float32Array.of(1, 2, 3), sampleShape: [3], labels: ["ant"] });
    expect(first).toEqual({ rows: 1, collectedRows: 1, newClasses: [], experience: undefined });
    await expect(client.closeFeedback()).rejects.toMatchObject({ status: 409, name: "ServerRefusal" });
    await client.feedback({ x: [[4, 5, 6]], labels: ["bee"], id: "sent" });
    await writeVersion(path, 0, { classNames: ["ant", "bee"], classes: 2 });
    await learning.scan();
    await learning.scan();
    const { predictions } = await client.infer([[7, 8, 9]], { id: "asked" });
    expect(predictions[0]?.label).toBe("bee");
    expect((await client.feedback({ id: "asked", labels: ["cat"] })).newClasses).toEqual(["cat"]);
    await expect(client.feedback({ id: "asked", labels: ["cat"] })).rejects.toMatchObject({ status: 404 });
    const rest = await client.feedback({ x: [[1, 1, 1], Uint8Array.of(2, 2, 2)], labels: [0, "ant"] });
    expect(rest).toMatchObject({ rows: 2, collectedRows: 0, experience: "feedback-0001" });
    const { data } = parseNpy(await readFile(join(feedback, "feedback-0001/x.npy")), "x.npy");
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1, 1, 2, 2, 2]);
    const lines = `${await readFile(join(feedback, "feedback-0001/source.jsonl"))}`.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line)).map(({ id, from }) => [id, from])).toEqual([
      [undefined, "a test"],
      ["sent", "a test"],
      ["asked", "a test"],
      [undefined, "a test"],
    ]);
  });

  test("says before there is a model that samples are pixels", async () => {
    const [path, feedback] = [await makeFolder({}), join(await makeFolder({}), "data")];
    await using learning = await serve({ models: [{ path, name: "made", feedback }], pollMs: 1e9 });
    const client = connect(learning.url);
    await client.feedback({ x: new Uint8Array(12).fill(7), sampleShape: [2, 2, 1], labels: ["a", "a", "a"] });
    expect(await client.closeFeedback()).toEqual({ experience: "feedback-0001", rows: 3 });
    const { data, shape } = parseNpy(await readFile(join(feedback, "feedback-0001/x.npy")), "x.npy");
    expect([shape, data]).toEqual([[3, 2, 2, 1], new Uint8Array(12).fill(7)]);
  });

  test("is counted in the metrics", async () => {
    await connect(serving.url).infer([[1, 2, 6]]);
    const text = await (await fetch(`${serving.url}/metrics`)).text();
    const read = (line: string) => Number(new RegExp(`^${line} (\\S+)$`, "m").exec(text)?.[1]);
    expect(read('firn_requests_total{model="made",version="1"}')).toBeGreaterThanOrEqual(1);
    expect(read('firn_predicted_total{model="made",version="1",column="2"}')).toBeGreaterThanOrEqual(1);
    expect(read('firn_current_version{model="made"}')).toBe(1);
    expect(read('firn_feature_mean_recent{model="made",version="1"}')).toBeGreaterThan(0);
  });
});

test("measureClassDrift() is 0 where nothing changed, and 1 where nothing is as it was", () => {
  const counts = { ...createStatistics(2), predicted: [30, 10] };
  expect(measureClassDrift({ ...counts, recentPredicted: [3, 1] })).toBe(0);
  expect(measureClassDrift({ ...counts, predicted: [4, 0], recentPredicted: [0, 2] })).toBe(1);
  expect(measureClassDrift({ ...counts, recentPredicted: [1, 1] })).toBe(0.25);
  expect(measureClassDrift(createStatistics(2))).toBe(0);
});
