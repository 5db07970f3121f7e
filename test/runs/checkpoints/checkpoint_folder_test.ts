import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeCheckpoint } from "../../../src/runs/checkpoints/checkpoint_codec.ts";
import { CheckpointFolder } from "../../../src/runs/checkpoints/checkpoint_folder.ts";
import { parseRunCheckpoint, type RunCheckpoint } from "../../../src/runs/checkpoints/run_checkpoint.ts";
import { createRunDirectory, type RunDirectory } from "../../../src/runs/run_directory.ts";
import { createRunSummary, type ExperienceSummary } from "../../../src/runs/summary/run_summary.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

function makeCheckpoint(metricsBytes = 0): RunCheckpoint {
  const now = {
    heads: [{ kind: "incremental", layer: "head", units: 2 }] as const,
    parameters: Float32Array.of(1),
    layerState: new Float32Array(),
    optimizer: [Float32Array.of(0)],
    stepCount: 1,
    sideSteps: 0,
    learningRate: 0.1,
    isStopped: false,
    randomStreams: { shuffle: [1, -2, 3, 4] },
    clock: {
      trainIterations: 1,
      trainExpCounter: 0,
      trainExpEpochs: 0,
      trainExpIterations: 1,
      trainEpochIterations: 1,
      totalIterations: 1,
    },
    evaluator: { metrics: {} },
    plugins: [{ name: "a", state: null }],
    own: null,
  };
  const logs = [{ name: "CSVLogger", state: { trainingBytes: 3 } }];
  const place = { kind: "before", now } as const;
  return { config: { a: 1 }, experiences: [], parametersHash: null, metricsBytes, logs, place };
}

/** So many rows of 100 accuracies each, one of them not measured. */
function makeRows(count: number): ExperienceSummary[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    classes: [index],
    examples: 1,
    epochs: 1,
    trainSeconds: 1,
    evalSeconds: 1,
    testAccuracy: Array.from({ length: 100 }, (_, i) => (i === index ? Number.NaN : 1 / (1 + i + index))),
    streamAccuracy: 0.5,
    onnx: null,
  }));
}

async function measure({ checkpoints }: RunDirectory, name: string): Promise<number> {
  return (await stat(join(checkpoints.path, name))).size;
}

describe("CheckpointFolder", () => {
  test("save() keeps the newest three, and findNewest() gives back the last", async () => {
    const folder = new CheckpointFolder(join(await makeFolder({}), "checkpoints"));
    for (let i = 0; i < 5; i++) await folder.save(makeCheckpoint(i));
    expect(await folder.list()).toEqual([5, 4, 3].map((number) => `checkpoint-00000${number}.safetensors`));
    const { checkpoint, name, damaged } = await folder.findNewest();
    expect({ checkpoint, name, damaged }).toEqual({
      checkpoint: makeCheckpoint(4),
      name: "checkpoint-000005.safetensors",
      damaged: [],
    });
  });

  test("save() counts on in a folder that is there, and leaves other files alone", async () => {
    const path = await makeFolder({ "checkpoint-000041.safetensors": new Uint8Array(), notes: new Uint8Array() });
    await new CheckpointFolder(path).save(makeCheckpoint());
    expect((await readdir(path)).sort()).toEqual([
      "checkpoint-000041.safetensors",
      "checkpoint-000042.safetensors",
      "notes",
    ]);
  });

  test("findNewest() passes over what is damaged, of another shape, or does not fit", async () => {
    const path = await makeFolder({});
    const folder = new CheckpointFolder(path);
    for (let i = 0; i < 2; i++) await folder.save(makeCheckpoint(i));
    await writeFile(join(path, "checkpoint-000003.safetensors"), encodeCheckpoint({ no: "run" }));
    await writeFile(join(path, "checkpoint-000004.safetensors"), encodeCheckpoint(makeCheckpoint()).subarray(9));
    const { checkpoint, damaged } = await folder.findNewest(({ metricsBytes }) => {
      if (metricsBytes === 1) throw new RangeError("it does not fit");
    });
    expect(checkpoint).toEqual(makeCheckpoint(0));
    expect(damaged.map(({ reason }) => reason.slice(0, 60))).toEqual([
      expect.stringMatching(/^no checkpoint: it begins with /),
      "config is missing",
      "it does not fit",
    ]);
  });

  test("save() leaves a large matrix in its file, and findNewest() puts it back or passes over", async () => {
    const directory = await createRunDirectory(await makeFolder({}));
    const experiences = makeRows(110);
    const summary = { status: "running", config: {}, trainedSamples: 1, parametersHash: null } as const;
    const checkpoint = { ...makeCheckpoint(), experiences };
    // Before this process has written the matrix's file, nobody knows what it holds.
    await directory.checkpoints.save(checkpoint);
    await directory.writeSummary(createRunSummary({ ...summary, experiences }));
    await directory.checkpoints.save(checkpoint);
    const [left, whole] = await Promise.all(
      (await directory.checkpoints.list()).map((name) => measure(directory, name)),
    );
    expect(whole).toBeGreaterThan((left ?? 0) + 150_000);
    expect(await directory.checkpoints.findNewest()).toMatchObject({ checkpoint, damaged: [] });

    // A later row that is wider makes all lines wider.
    const wider = makeRows(111).map((row, i) => (i < 110 ? row : { ...row, testAccuracy: [...row.testAccuracy, 1] }));
    await directory.writeSummary(createRunSummary({ ...summary, experiences: wider }));
    expect((await directory.checkpoints.findNewest()).checkpoint).toEqual(checkpoint);

    const csv = directory.resolve("accuracy_matrix.csv");
    const lines = (await readFile(csv, "utf8")).split("\n");
    await writeFile(csv, `${lines.slice(0, 109).join("\n")}\n0.5`);
    const { name, damaged } = await directory.checkpoints.findNewest();
    expect(name).toBe("checkpoint-000001.safetensors");
    expect(damaged).toEqual([
      {
        name: "checkpoint-000002.safetensors",
        reason: "it needs 100 cells in row 109 of accuracy_matrix.csv, got 0",
      },
    ]);
    directory.close();
  });

  test("save() keeps a small matrix in the checkpoint", async () => {
    const directory = await createRunDirectory(await makeFolder({}));
    const checkpoint = { ...makeCheckpoint(), experiences: makeRows(100) };
    await directory.writeSummary(createRunSummary({ status: "running", trainedSamples: 1, ...checkpoint }));
    await directory.checkpoints.save(checkpoint);
    await rm(directory.resolve("accuracy_matrix.csv"));
    expect(await directory.checkpoints.findNewest()).toMatchObject({ checkpoint, damaged: [] });
    directory.close();
  });

  test("findNewest() finds nothing where there is nothing", async () => {
    const folder = new CheckpointFolder(join(await makeFolder({}), "checkpoints"));
    expect(await folder.findNewest()).toEqual({ checkpoint: undefined, name: undefined, damaged: [] });
  });
});

describe("parseRunCheckpoint()", () => {
  test("names the place that is not as it must be", () => {
    const { place, ...rest } = makeCheckpoint();
    const wrong = { ...rest, place: { ...place, now: { ...place.now, stepCount: -1 } } };
    expect(() => parseRunCheckpoint(wrong)).toThrow("place.now.stepCount must be at least 0, got -1");
    expect(() => parseRunCheckpoint({ ...rest, place: { ...place, more: 1 } })).toThrow(
      'unknown field "more" in place',
    );
    expect(() => parseRunCheckpoint(null)).toThrow("it must be an object, got null");
  });
});
