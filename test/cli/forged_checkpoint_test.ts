import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { runCli } from "../../src/cli/run_cli.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/runs/checkpoints/checkpoint_codec.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** Sets what stands at a path of keys in a checkpoint's state. */
function set(state: unknown, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const inner = keys.reduce<unknown>((at, key) => Reflect.get(at as object, key), state);
  Reflect.set(inner as object, last, value);
}

const CHANGES: readonly (readonly [message: string, change: (state: unknown) => void, status?: number])[] = [
  ["parameters must have 12730 values, got 3", (s) => set(s, "place.now.parameters", new Float32Array(3))],
  ["layerState must have 10 values, got 0", (s) => set(s, "place.start.layerState", new Float32Array(0))],
  ["optimizer must have 1 vectors, got 0", (s) => set(s, "place.now.optimizer", [])],
  ["optimizer must have 12730 values, got 1", (s) => set(s, "place.start.optimizer", [new Float32Array(1)])],
  // As wide as this, the model would take 68 GB.
  ["parameters must have 17000012560 values", (s) => set(s, "place.start.heads.0.units", 1e9)],
  ['growing heads are ["incremental classifier"], got []', (s) => set(s, "place.now.heads", [])],
  [
    "a random stream's state must be four int32, got [0, 0, 0, 0]",
    (s) => set(s, "place.now.randomStreams.x", [0, 0, 0, 0]),
  ],
  [
    "position.iteration must be at most 3, got 9007199254740991",
    (s) => set(s, "place.position.iteration", 2 ** 53 - 1),
  ],
  ["position.epoch must be one of the experience's 2 epochs, got 2", (s) => set(s, "place.position.epoch", 2)],
  ["position.experiences must be below 1, got 1", (s) => set(s, "place.position.experiences", 1)],
  ['"EvaluationPlugin", "Clock"], got []', (s) => set(s, "place.now.plugins", [])],
  ["it needs 9000000 bytes of", (s) => set(s, "metricsBytes", 9e6)],
  [
    "experiences.0.testAccuracy must have from 1 to 2 values, got 0",
    (s) => set(s, "experiences.0.testAccuracy", []),
    2,
  ],
  [
    "experiences.0.onnx.path must be onnx/experience-NNN.onnx",
    (s) => set(s, "experiences.0.onnx", { path: "x", maxAbsoluteDifference: 0 }),
  ],
  ["place.now.clock.trainIterations must be at least 0, got -1", (s) => set(s, "place.now.clock.trainIterations", -1)],
];

describe("train --resume with a checkpoint whose checksum is right and whose values are not", () => {
  let interrupted = "";

  beforeAll(async () => {
    const data = await makeFolder(makeMNISTFiles({ trainPerClass: 15, testPerClass: 3 }));
    interrupted = join(await makeFolder({}), "run");
    const controller = new AbortController();
    const benchmark = ["--benchmark", "split-mnist:experiences=2", "--data", data, "--strategy", "replay:memSize=10"];
    const model = [
      "--model",
      "mlp:hiddenSize=16,hiddenLayers=1,incremental=true",
      "--batch-size",
      "32",
      "--epochs",
      "2",
    ];
    await runCli(["train", "--out", interrupted, ...benchmark, ...model, "--workers", "0", "--no-onnx"], {
      stdout: {
        write: (text) => text.includes("Training on experience 1") && controller.abort(new StopRequest("SIGINT")),
      },
      stderr: { write: () => undefined },
      signal: controller.signal,
    });
  });

  for (const [message, change, wanted = 1] of CHANGES) {
    test(`says "${message}" and leaves the folder as it was`, async () => {
      const folder = join(await makeFolder({}), "run");
      await cp(interrupted, folder, { recursive: true });
      const [newest = "", ...others] = (await readdir(join(folder, "checkpoints"))).sort().reverse();
      for (const name of others) await rm(join(folder, "checkpoints", name));
      const path = join(folder, "checkpoints", newest);
      const state = decodeCheckpoint(await readFile(path));
      change(state);
      await writeFile(path, encodeCheckpoint(state));
      const read = () =>
        Promise.all(["summary.json", "metrics.jsonl"].map((name) => readFile(join(folder, name), "utf8")));
      const before = await read();
      const { status, stderr } = await captureCli(["train", "--resume", folder, "--quiet"]);
      expect({ status, lines: stderr.split("\n").length }).toEqual({ status: wanted, lines: 2 });
      expect(stderr).toContain(message);
      expect(await read()).toEqual(before);
    });
  }
});
