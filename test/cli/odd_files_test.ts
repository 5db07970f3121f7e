import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { modelMessage } from "../../src/onnx/file/model_message.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/runs/checkpoints/checkpoint_codec.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

let data = "";
/** A run that was interrupted in its second experience. */
let base = "";

beforeAll(async () => {
  data = await makeFolder(makeMNISTFiles({ trainPerClass: 8, testPerClass: 2 }));
  base = join(await makeFolder({}), "run");
  const stopped = new AbortController();
  const listen = () => {
    lines += 1;
    if (lines === 22) stopped.abort(new StopRequest("SIGINT"));
  };
  let lines = 0;
  const words = ["--benchmark", "split-mnist:experiences=3", "--strategy", "der:memSize=20", "--checkpoint-every", "2"];
  const { status } = await captureCli(["train", ...TINY, ...words, "--data", data, "--out", base, "--json"], {
    signal: stopped.signal,
    listen,
  });
  expect(status).toBe(130);
}, 30_000);

const TINY = ["--model", "mlp:hiddenSize=4,hiddenLayers=1", "--batch-size", "8", "--workers", "0"];

/** The object at a place of a checkpoint. */
function at(state: object, ...keys: readonly string[]): object {
  return Object(["place", ...keys].reduce<unknown>((value, key) => Reflect.get(Object(value), key), state));
}

/** Runs a command that must end in one sentence. */
async function refuse(words: readonly string[]): Promise<{ status: number; line: string }> {
  const { status, stdout, stderr } = await captureCli(words);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^.+\n$/);
  return { status, line: stderr.trimEnd() };
}

/** Goes on with a copy of the run, changed. */
async function resumeChanged(change: (folder: string) => Promise<void>) {
  const folder = join(await makeFolder({}), "copy");
  await cp(base, folder, { recursive: true });
  await change(folder);
  return { folder, ...(await refuse(["train", "--resume", folder, "--quiet"])) };
}

describe("train", () => {
  test("refuses names that no file can have", async () => {
    const long = join(await makeFolder({}), "x".repeat(300));
    const cases = [
      [["--out", long], `${long}: the name is too long`],
      [["--out", join(data, "a\0b")], "an argument holds a NUL character"],
      [["--model", `path=${long}`], `"${long}": the name is too long`],
      [["--model", `path=${data}`], `"${data}" is no file`],
    ] as const;
    for (const [words, line] of cases) {
      expect(await refuse(["train", "--data", data, ...TINY, ...words])).toEqual({ status: 2, line });
    }
  });

  test("refuses numbers that nothing can be made of", async () => {
    const cases = [
      [["--model", "mlp:hiddenSize=1000000000000000"], /a model may have at most 1073741824 parameters/],
      [["--workers", "1000000000000000"], /workers must be from 0 to 256, got 1000000000000000/],
      [["--benchmark", "permuted-mnist:experiences=1000000000000000"], /experiences must be .* from 1 to 10000/],
      [["--benchmark", "split-mnist:experiences=0x2"], /experiences must be a whole number .*, got "0x2"/],
    ] as const;
    for (const [words, line] of cases) {
      const refused = await refuse(["train", "--data", data, ...TINY, ...words]);
      expect(refused.status).toBe(2);
      expect(refused.line).toMatch(line);
    }
  });
});

describe("train --resume", () => {
  test("refuses a config.json with values of another kind, by the place", async () => {
    const edit = (change: (config: Record<string, unknown>) => void) => async (folder: string) => {
      const path = join(folder, "config.json");
      const config = JSON.parse(await readFile(path, "utf8"));
      change(config);
      await writeFile(path, JSON.stringify(config));
    };
    const option = (kind: string, name: string, value: unknown) =>
      edit((config) => Reflect.set(Object(Reflect.get(Object(config[kind]), "options")), name, value));
    const cases = [
      [edit((config) => Object.assign(config, { epochs: "x" })), 'epochs must be a whole number, got "x"'],
      [edit((config) => Object.assign(config, { plugins: 3 })), "plugins must be an array, got 3"],
      [edit((config) => Object.assign(config, { speed: 1 })), 'unknown option "speed", did you mean seed?'],
      [
        edit((config) => Object.assign(config, { workers: 1e12 })),
        "cluster: workers must be from 0 to 256, got 1000000000000",
      ],
      [option("strategy", "memSize", "many"), 'der: memSize must be a whole number of at least 1, got "many"'],
      [option("benchmark", "classOrder", [0, "x"]), "split-mnist: classOrder must be a list of whole numbers"],
      [option("model", "hiddenSize", null), "mlp: hiddenSize must be a whole number of at least 1, got null"],
      [option("optimizer", "momentun", 1), 'sgd: unknown option "momentun", did you mean momentum?'],
    ] as const;
    for (const [change, message] of cases) {
      const { status, line } = await resumeChanged(change);
      expect({ status, message: line.includes(message) ? message : line }).toEqual({ status: 2, message });
    }
  });

  test("refuses checkpoints whose checksum is right and whose values are not, in one line", async () => {
    const cases: readonly (readonly [change: (state: object) => void, message: RegExp])[] = [
      [(state) => Reflect.set(at(state, "now", "randomStreams", "shuffle"), "length", 3), /state must be four int32/],
      [(state) => Reflect.set(at(state, "now"), "parameters", new Float32Array(3)), /./],
      [(state) => Reflect.set(at(state, "now"), "stepCount", -1), /place\.now\.stepCount must be at least 0, got -1/],
      [
        (state) => Reflect.set(at(state, "now", "plugins", "1", "state"), "seen", 0.5),
        /needs a count as seen, got 0.5/,
      ],
      [(state) => Reflect.set(at(state, "now", "plugins", "1", "state"), "width", 9), /rows of 9 outputs/],
    ];
    for (const [change, message] of cases) {
      const { status, line } = await resumeChanged(async (folder) => {
        const checkpoints = join(folder, "checkpoints");
        const name = (await readdir(checkpoints)).sort().at(-1) ?? "";
        const state = decodeCheckpoint(await readFile(join(checkpoints, name)));
        change(Object(state));
        await rm(checkpoints, { recursive: true });
        await mkdir(checkpoints);
        await writeFile(join(checkpoints, name), encodeCheckpoint(state));
      });
      expect(status).toBe(1);
      expect(line).toMatch(message);
    }
  });
});

describe("evaluate", () => {
  test("refuses a file that onnxruntime does not load, without the place in its source", async () => {
    const bytes = await readFile(join(base, "onnx", "latest.onnx"));
    const model = modelMessage.toObject(modelMessage.decode(bytes), { longs: Number });
    const newer = modelMessage.encode(modelMessage.fromObject({ ...model, ir_version: 99 })).finish();
    const file = join(await makeFolder({ "newer.onnx": newer }), "newer.onnx");
    const { status, line } = await refuse(["evaluate", "--model", file, "--data", data]);
    expect({ status, line }).toEqual({
      status: 2,
      line: `${file}: onnxruntime does not load it: Unsupported model IR version: 99, max supported IR version: 13`,
    });
  });

  test("refuses what is no file of a model, by its name", async () => {
    const folder = await makeFolder({ empty: "", text: "no model" });
    for (const [name, message] of [
      ["", "it is a folder, not a file"],
      ["missing", "there is no such file or folder"],
      ["empty", "the ONNX file needs"],
      ["text", "the ONNX file needs"],
    ] as const) {
      const path = join(folder, name);
      const { status, line } = await refuse(["evaluate", "--model", path, "--data", data]);
      expect(status).toBe(2);
      expect(line).toContain(`${path}: ${message}`);
    }
  });
});
