import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listModels, listRows, SIZES } from "../../../scripts/gpu_check/check_models.ts";
import { formatTable } from "../../../scripts/gpu_check/format_table.ts";
import { createGpuCheckProgram } from "../../../scripts/gpu_check/gpu_check_command.ts";
import { compareGradients } from "../../../scripts/gpu_check/gpu_report.ts";
import { timeSteps } from "../../../scripts/gpu_check/measure_candidate.ts";
import { measureTorch } from "../../../scripts/gpu_check/torch_peer.ts";
import { runProgram } from "../../../src/cli/run_cli.ts";
import { DOUBLE_DEVICE } from "../../../src/engine/device/double_driver.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firn-gpu-check-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function check(words: readonly string[]) {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const context = {
    stdout: { write: (text: string) => stdout.push(text) > 0 },
    stderr: { write: (text: string) => stderr.push(text) > 0 },
    signal: new AbortController().signal,
  };
  let found = 0;
  const program = createGpuCheckProgram(context, (status) => {
    found = status;
  });
  const status = await runProgram(program, words, context);
  return { status: status === 0 ? found : status, stdout: stdout.join(""), stderr: stderr.join("") };
}

describe("gpu-check", () => {
  test("measures a device that it is told, here the processor, and writes JSON and a table", async () => {
    const table = join(folder, "table.md");
    // An interpreter that is none: there is no PyTorch then.
    const words = ["--device", "cpu", "--quick", "--python", "no-such-python", "--table", table];
    const { status, stdout } = await check(words);
    expect(status).toBe(0);
    const { candidates, peers, reasons, passed } = JSON.parse(stdout);
    expect(candidates.map((each: { engine: string; device: string }) => `${each.engine} ${each.device}`)).toEqual([
      "onnxruntime cpu",
    ]);
    const [{ measured }] = candidates;
    expect([measured.name, measured.run.hasLearned]).toEqual(["onnxruntime", true]);
    for (const { maxAbsoluteDifference } of measured.gradients) expect(maxAbsoluteDifference).toBe(0);
    expect({ peers, passed }).toEqual({ peers: [], passed: true });
    expect(reasons.join("\n")).toContain("no python3 with PyTorch was found");
    const lines = (await readFile(table, "utf8")).trim().split("\n");
    expect(lines[2]).toMatch(
      /^\| SimpleMLP, 8 rows \| onnxruntime on cpu \| [\d.e+]+ \| – \| – \| – \| [\d.e+]+ \| 0\.0e\+0 \|$/,
    );
    expect(lines).toHaveLength(5);
  }, 240_000);

  test("refuses a device that has no such name", async () => {
    const { status, stderr } = await check(["--device", "gpu"]);
    expect(status).toBe(2);
    expect(stderr).toContain("device must be cpu, webgpu or cuda:NUMBER");
  });
});

describe("timeSteps()", () => {
  test("times a device with memory of its own with and without pinned memory", async () => {
    const sizes = { ...SIZES.quick, batchSize: 32, steps: 3 };
    const [model] = listModels({ engine: "onnxruntime", device: DOUBLE_DEVICE }, sizes, "");
    if (!model) throw new Error("there is no model to measure");
    const { pinned, milliseconds } = await timeSteps(model, { engine: "onnxruntime", device: DOUBLE_DEVICE }, sizes);
    expect([milliseconds, pinned?.milliseconds].every(Number.isFinite)).toBe(true);
    // The minibatch's samples and dropout masks; everything else is small, or stays on the device.
    expect(pinned).toMatchObject({ bytes: 32 * (28 * 28 + 512) * 4, refusal: null });
  });
});

describe("measureTorch()", () => {
  test("reads a step a line, and says why there are no more", async () => {
    const python = join(folder, "python");
    const line = '{"model": "SimpleMLP", "batchSize": 8, "milliseconds": 1.5}';
    await writeFile(python, `#!/bin/sh\necho '${line}'\necho "CUDA out of memory" >&2\nexit 1\n`, { mode: 0o755 });
    expect(await measureTorch(python, "cuda:0", SIZES.quick)).toEqual({
      steps: [{ model: "SimpleMLP", batchSize: 8, milliseconds: 1.5 }],
      reason: "PyTorch on cuda:0: CUDA out of memory",
    });
  });
});

describe("listModels()", () => {
  test("takes networks from the files that are there, with onnxruntime alone", async () => {
    await writeFile(join(folder, "vit-b.onnx"), "");
    const list = (engine: "onnxruntime" | "tfjs", networks: string) =>
      listModels({ engine, device: "cuda:0" }, SIZES.full, networks).map(({ name, batchSize }) => [name, batchSize]);
    const small = listRows(SIZES.full).slice(0, 3);
    expect(list("onnxruntime", folder)).toEqual([...small.map((row) => [...row]), ["ViT-B", 32]]);
    expect(list("tfjs", folder)).toHaveLength(3);
    expect(list("onnxruntime", "")).toHaveLength(3);
  });
});

describe("formatTable()", () => {
  test("puts PyTorch's step of the same minibatch beside ours", () => {
    const parity = compareGradients("ViT-B", Float32Array.of(1, 2), Float32Array.of(1, 2.002));
    const run = { seconds: 1, accuracy: 1, hasLearned: true };
    const pinned = { milliseconds: 48, bytes: 2 ** 24, refusal: null };
    const steps = [{ model: "ViT-B", batchSize: 32, milliseconds: 50, cpuMilliseconds: null, pinned }];
    const measured = { name: "onnxruntime", steps, gradients: [parity], failures: [], run };
    const candidate = { engine: "onnxruntime", device: "cuda:0", loads: true, measured } as const;
    const peers = [
      { model: "ViT-B", batchSize: 64, milliseconds: 1 },
      { model: "ViT-B", batchSize: 32, milliseconds: 75 },
    ];
    expect(formatTable([candidate], peers).trim().split("\n").at(-1)).toBe(
      "| ViT-B, 32 rows | onnxruntime on cuda:0 | 50.0 | 48.0 | 75.0 | 1.50 | – | 1.0e-3 |",
    );
  });
});
