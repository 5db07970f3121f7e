import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const WATCH = fileURLToPath(new URL("../support/tfjs_watch.ts", import.meta.url));
const RUNTIME_WORDS = process.versions.deno ? ["run", "--allow-all", "--unstable-net", "--no-check", WATCH] : [WATCH];

const ENTRIES = "benchmarks data loggers losses memory metrics onnx optimizers serving state".split(" ");
const COMMANDS = ["--help", "train --help", "strategies", "plugins", "benchmarks", "models", "optimizers", "criteria"];

/** A module of this project, or the words of a command. */
type Thing = string | readonly string[];

/** How much of TF.js is loaded, in a process of its own, after each thing: "nothing", "models" or "everything". */
function watchTfjs(things: readonly Thing[]): (readonly [thing: Thing, loaded: string | undefined])[] {
  const { status, stderr } = spawnSync(process.execPath, [...RUNTIME_WORDS, JSON.stringify(things)], {
    encoding: "utf8",
  });
  const [before, ...loaded] = [...stderr.matchAll(/^TF\.js loaded: (\w+)$/gm)].map(([, answer]) => answer);
  expect({ status, before, stderr }).toEqual({ status: 0, before: "nothing", stderr });
  return things.map((thing, i) => [thing, loaded[i]] as const);
}

let [data, out] = ["", ""];
const MODEL = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--workers", "0", "--quiet"];

beforeAll(async () => {
  [data, out] = [await makeFolder(makeMNISTFiles()), join(await makeFolder({}), "run")];
  const { status, stderr } = await captureCli(["train", "--data", data, "--out", out, ...MODEL]);
  if (status !== 0) throw new Error(stderr);
});

test("entries of the library and commands that train nothing do not load TF.js", async () => {
  const model = join(out, "onnx", "latest.onnx");
  const things = [
    ...["src/cli/run_in_process.ts", ...ENTRIES.map((name) => `src/${name}.ts`)],
    ...[...COMMANDS.map((words) => words.split(" ")), ["doctor"]],
    ["evaluate", "--model", model, "--data", data],
    ["export", out, "--out", join(await makeFolder({}), "other.onnx"), "--data", data],
    ["report", out, "--out", join(await makeFolder({}), "page.html")],
    ["serve", model, "--port", "0"],
  ];
  expect(watchTfjs(things)).toEqual(things.map((thing) => [thing, "nothing"]));
}, 60_000);

test("models, and training them, load what they are made of, and everything to train with TF.js", async () => {
  const folder = await makeFolder({});
  const train = ["train", "--data", data, ...MODEL, "--out"];
  const things: readonly (readonly [thing: Thing, loaded: string])[] = [
    // Its layers are subclasses of TF.js's.
    ["src/models.ts", "models"],
    ["src/mod.ts", "models"],
    [[...train, join(folder, "a")], "models"],
    [[...train, join(folder, "b"), "--engine", "tfjs"], "everything"],
  ];
  expect(watchTfjs(things.map(([thing]) => thing))).toEqual([...things]);
}, 60_000);
