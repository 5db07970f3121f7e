import { afterAll, describe, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
/** The software driver of Debian's chromium, beside the loader that it brings. */
const CHROMIUM = "/usr/lib/chromium";
const DRIVER = join(CHROMIUM, "vk_swiftshader_icd.json");
const canCompute = process.platform === "linux" && existsSync(DRIVER) && existsSync(join(CHROMIUM, "libvulkan.so.1"));
const without = canCompute ? "" : " (skipped: no software driver for WebGPU is installed here)";
/** A software driver compiles for seconds. */
const PATIENCE_MS = 240_000;

afterAll(removeFolders);

describe("train --device webgpu", () => {
  test.if(canCompute)(
    `takes processes for several workers by itself, with the bits of one${without}`,
    async () => {
      const data = await makeFolder(makeMNISTFiles({ trainPerClass: 7, testPerClass: 1 }));
      const train = async (workers: number) => {
        const out = join(await makeFolder({}), "run");
        const small = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--batch-size", "32", "--logical-shards", "2"];
        const words = ["train", "--quiet", "--no-onnx", "--data", data, "--benchmark", "split-mnist:experiences=1"];
        const layout = ["--engine", "onnxruntime", "--device", "webgpu", "--workers", String(workers), "--out", out];
        const runtime = "Deno" in globalThis ? ["run", "--allow-all", "--no-check"] : [];
        await promisify(execFile)(process.execPath, [...runtime, MAIN, ...words, ...small, ...layout], {
          env: { ...process.env, VK_ICD_FILENAMES: DRIVER, LD_LIBRARY_PATH: CHROMIUM },
        });
        return (await readEnding(out)).parametersHash;
      };
      expect(await train(2)).toBe(await train(1));
    },
    PATIENCE_MS,
  );
});
