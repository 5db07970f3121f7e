import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { captureCli } from "../support/captured_cli.ts";
import { makeNpy } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const NETWORK = fileURLToPath(new URL("../onnx/import/adapters/adapted.onnx", import.meta.url));
const [ROWS, VALUES] = [96, 5 * 5 * 3];

/** Room for 64 of the samples. */
const CACHE = ["--cache", "19KiB"];

function makeData(): Promise<string> {
  const labels = Array.from({ length: ROWS }, (_, row) => row % 4);
  const x = Float32Array.from({ length: ROWS * VALUES }, (_, i) => Math.sin(i * 0.7) + (Math.floor(i / VALUES) % 4));
  return makeFolder({ "x.npy": makeNpy(x, { shape: [ROWS, 5, 5, 3] }), "y.npy": makeNpy(labels, { descr: "<i8" }) });
}

function listWords(data: string, out: string, options: readonly string[]): string[] {
  const model = ["--model", `onnx:path=${NETWORK},trainable=none`];
  const words = ["--benchmark", `directory:path=${data},experiences=2`, "--epochs", "3", "--batch-size", "32"];
  const shards = ["--logical-shards", "2", "--workers", "0", "--no-onnx", "--out", out];
  return ["train", ...model, ...words, ...shards, ...options];
}

async function readHash(run: string): Promise<string> {
  return JSON.parse(await readFile(join(run, "summary.json"), "utf8")).parametersHash;
}

describe("train --feature-cache", () => {
  test("keeps features in a folder that the next run finds, and says so at the start", async () => {
    const [data, runs] = [await makeData(), await makeFolder({})];
    const folder = join(runs, "features");
    const runWith = async (name: string, ...options: readonly string[]) => {
      const { status, stdout, stderr } = await captureCli(listWords(data, join(runs, name), options));
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      return { hash: await readHash(join(runs, name)), stdout };
    };
    const none = await runWith("none", "--feature-cache", "0", "--log", "text");
    expect(none.stdout).not.toContain("frozen");
    const memory = await runWith("memory", "--log", "text");
    expect(memory.stdout).toMatch(
      /^layers up to "network" are frozen and computed once a sample: \[(\d+)\], \d+ bytes a sample, \d+ bytes for 96 samples, in memory, at most 1\.0 GiB\n/,
    );
    const first = await runWith("first", "--feature-cache", folder, ...CACHE, "--json");
    expect(first.stdout.split("\n")[0]).toContain(`"place":{"folder":${JSON.stringify(folder)}}`);
    const names = await readdir(folder);
    expect(names).toHaveLength(1);
    const second = await runWith("second", "--feature-cache", folder, ...CACHE, "--workers", "2", "--quiet");
    expect(second.stdout).not.toContain("frozen");
    expect([memory.hash, first.hash, second.hash]).toEqual([none.hash, none.hash, none.hash]);
    expect(await readdir(folder)).toEqual(names);
    expect(JSON.parse(await readFile(join(runs, "second", "config.json"), "utf8")).featureCache).toBe(folder);
  }, 120_000);

  test("does not use what was computed from a file that has changed since", async () => {
    const [data, runs] = [await makeData(), await makeFolder({})];
    const folder = join(runs, "features");
    const words = (name: string, ...options: readonly string[]) =>
      listWords(data, join(runs, name), [...options, ...CACHE, "--quiet"]);
    expect((await captureCli(words("before", "--feature-cache", folder))).status).toBe(0);
    const bytes = await readFile(join(data, "x.npy"));
    bytes.fill(0, bytes.length - 20 * VALUES * 4);
    await writeFile(join(data, "x.npy"), bytes);
    expect((await captureCli(words("after", "--feature-cache", folder))).status).toBe(0);
    expect((await captureCli(words("plain", "--feature-cache", "0"))).status).toBe(0);
    expect(await readHash(join(runs, "after"))).toBe(await readHash(join(runs, "plain")));
    expect(await readHash(join(runs, "before"))).not.toBe(await readHash(join(runs, "plain")));
    expect(await readdir(folder)).toHaveLength(2);
  }, 120_000);

  test("refuses a place that cannot be used before anything is written", async () => {
    const [data, runs] = [await makeData(), await makeFolder({ taken: Uint8Array.of(1) })];
    const out = join(runs, "run");
    for (const [options, message] of [
      [["--feature-cache", "2048"], "--feature-cache must be an amount of memory such as 512MiB or 4GiB, got 2048"],
      [["--feature-cache", join(runs, "taken")], "taken: features need a folder, got a file"],
      [
        ["--feature-cache", runs, "--model", "mlp:hiddenSize=4"],
        "--feature-cache with a folder requires a model whose first layers are frozen",
      ],
    ] as const) {
      const refused = await captureCli(listWords(data, out, [...options, "--quiet"]));
      expect(refused.status).toBe(2);
      expect(refused.stderr).toContain(message);
      expect(refused.stderr.trimEnd().split("\n")).toHaveLength(1);
      expect(await readdir(runs)).toEqual(["taken"]);
    }
  }, 60_000);
});
