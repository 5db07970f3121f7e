import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const WATCH = fileURLToPath(new URL("../support/tfjs_watch.ts", import.meta.url));
const RUNTIME_WORDS = process.versions.deno ? ["run", "--allow-all", "--unstable-net", "--no-check", WATCH] : [WATCH];
const TIMEOUT_MS = 60_000;

const COMMANDS = [
  ["--help"],
  ["train", "--help"],
  ["strategies"],
  ["plugins"],
  ["benchmarks"],
  ["models"],
  ["optimizers"],
  ["criteria"],
  ["doctor"],
];
const ENTRIES = "benchmarks data loggers losses memory metrics onnx optimizers serving state".split(" ");

/**
 * Loads a module in a process of its own, which is asked to stop once it has written `stopAt`, and says what of TF.js
 * it loads: "nothing", "models" or "everything".
 */
function watchTfjs(module: string, words: readonly string[] = [], stopAt?: string): Promise<string> {
  const child = spawn(process.execPath, [...RUNTIME_WORDS, module, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += String(chunk);
    // Whoever asks twice ends it at once.
    if (stopAt !== undefined && stdout.includes(stopAt) && !child.killed) child.kill("SIGTERM");
  });
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    // Deno reports the signal of whoever was asked to stop, however it ended.
    child.on("close", (status) => {
      const [, answer] = /^TF\.js loaded: (\w+)$/m.exec(stderr) ?? [];
      if ((status === 0 || child.killed) && answer !== undefined) resolve(answer);
      else reject(new Error(`${module} ${words.join(" ")} ended with ${status}: ${stderr}`));
    });
  });
}

const watchCommand = (words: readonly string[], stopAt?: string) => watchTfjs("src/cli/main.ts", words, stopAt);

async function makeTraining() {
  const data = await makeFolder(makeMNISTFiles());
  const out = join(await makeFolder({}), "run");
  const model = ["--model", "mlp:hiddenSize=8,hiddenLayers=1"];
  return { data, out, words: ["train", "--data", data, "--out", out, ...model, "--workers", "0", "--quiet"] };
}

describe("the command line", () => {
  let [data, out] = ["", ""];

  beforeAll(async () => {
    const training = await makeTraining();
    ({ data, out } = training);
    const { status, stderr } = await captureCli(training.words);
    if (status !== 0) throw new Error(stderr);
  });

  for (const words of COMMANDS) {
    test(
      `does not load TF.js for ${words.join(" ")}`,
      async () => {
        expect(await watchCommand(words)).toBe("nothing");
      },
      TIMEOUT_MS,
    );
  }

  test(
    "does not load TF.js to evaluate, to export, to report and to serve",
    async () => {
      const model = join(out, "onnx", "latest.onnx");
      expect(await watchCommand(["evaluate", "--model", model, "--data", data])).toBe("nothing");
      const exported = join(await makeFolder({}), "other.onnx");
      expect(await watchCommand(["export", out, "--out", exported, "--data", data])).toBe("nothing");
      expect(await watchCommand(["report", out])).toBe("nothing");
      expect(await watchCommand(["serve", model, "--port", "0"], "listening")).toBe("nothing");
    },
    TIMEOUT_MS,
  );

  test(
    "loads of TF.js what models are made of to train, and everything to train with it",
    async () => {
      expect(await watchCommand((await makeTraining()).words)).toBe("models");
      const engine = ["--engine", "tfjs"];
      expect(await watchCommand([...(await makeTraining()).words, ...engine])).toBe("everything");
    },
    TIMEOUT_MS,
  );
});

describe("the entries of the library", () => {
  for (const name of ENTRIES) {
    test(
      `firn/${name} does not load TF.js`,
      async () => {
        expect(await watchTfjs(`src/${name}.ts`)).toBe("nothing");
      },
      TIMEOUT_MS,
    );
  }

  test(
    "firn/models, whose layers are subclasses of TF.js's, loads what models are made of",
    async () => {
      expect(await watchTfjs("src/models.ts")).toBe("models");
    },
    TIMEOUT_MS,
  );

  test(
    "firn loads no more of it",
    async () => {
      expect(await watchTfjs("src/mod.ts")).toBe("models");
    },
    TIMEOUT_MS,
  );
});
