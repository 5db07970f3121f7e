import { afterAll, describe, expect, test } from "bun:test";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeCheckpoint } from "../../../src/runs/checkpoints/checkpoint_codec.ts";
import { CheckpointFolder } from "../../../src/runs/checkpoints/checkpoint_folder.ts";
import { parseRunCheckpoint, type RunCheckpoint } from "../../../src/runs/checkpoints/run_checkpoint.ts";
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
