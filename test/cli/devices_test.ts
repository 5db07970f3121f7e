import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** Devices that no machine has, or no engine takes, with what is said of them. */
const REFUSED: readonly { device: string; engine?: string; workers?: number; isolation?: string; said: RegExp }[] = [
  { device: "webgp", said: /device must be cpu, webgpu or cuda:NUMBER, got "webgp", did you mean webgpu\?/ },
  { device: "cuda", said: /got "cuda", did you mean cuda:0\?/ },
  { device: "cpu|nonsense", said: /device must be cpu, webgpu or cuda:NUMBER, got "nonsense"/ },
  {
    device: "cuda:99",
    engine: "onnxruntime",
    said: /^--device cuda:99: onnxruntime cannot compute on cuda:99: (its CUDA provider|there is no GPU of that number)/,
  },
  { device: "cpu|cuda:99", workers: 2, said: /^--device cuda:99: .*; install it with: ./ },
  { device: "cuda:1", engine: "tfjs", isolation: "thread", said: /TF.js sees one GPU, cuda:0 .*, got "cuda:1"/ },
  {
    device: "webgpu",
    engine: "onnxruntime",
    workers: 2,
    isolation: "thread",
    said: /onnxruntime computes on webgpu in one thread of a process: one worker, got 2/,
  },
];

describe("train --device", () => {
  for (const { device, engine = "auto", workers = 1, isolation, said } of REFUSED) {
    test(`refuses ${device} with ${engine} and ${workers} workers in one line, and leaves no run behind`, async () => {
      const data = await makeFolder(makeMNISTFiles({ trainPerClass: 2, testPerClass: 1 }));
      const out = join(await makeFolder({}), "run");
      const words = ["train", "--data", data, "--out", out, "--engine", engine, "--device", device];
      if (isolation) words.push("--isolation", isolation);
      const { status, stderr, stdout } = await captureCli([...words, "--workers", String(workers)]);
      expect(stderr).toMatch(said);
      expect({ status, stdout, lines: stderr.trim().split("\n").length }).toEqual({ status: 2, stdout: "", lines: 1 });
      expect(existsSync(out)).toBe(false);
    });
  }
});

describe("train with options of CUDA", () => {
  for (const [words, said] of [
    [["--no-tf32"], /^tf32: options of CUDA devices, got cpu\n$/],
    [
      ["--no-tf32", "--convolution-search", "heuristic"],
      /^tf32 and convolutionSearch: options of CUDA devices, got cpu/,
    ],
    [["--pinned-memory"], /^pinnedMemory: options of CUDA devices, got cpu\n$/],
    [["--no-tf32", "--engine", "tfjs"], /^tf32: options of onnxruntime on CUDA, got the engine tfjs/],
    [
      ["--precision", "float16"],
      /^precision float16 needs CUDA devices, got cpu: onnxruntime multiplies float16 on the/,
    ],
    [["--precision", "bfloat16"], /^precision bfloat16 needs CUDA devices, got cpu: onnxruntime has no product of bfl/],
    [["--precision", "float16", "--engine", "tfjs"], /^precision float16: the engine tfjs trains in float32\n$/],
    [["--precision", "half"], /unknown precision "half"/],
    [["--convolution-search", "heuristics"], /unknown convolution search "heuristics", did you mean heuristic/],
  ] as const) {
    test(`refuses ${words.join(" ")} in one line where it has no effect`, async () => {
      const data = await makeFolder(makeMNISTFiles({ trainPerClass: 2, testPerClass: 1 }));
      const out = join(await makeFolder({}), "run");
      const { status, stderr, stdout } = await captureCli(["train", "--data", data, "--out", out, ...words]);
      expect(stderr).toMatch(said);
      expect({ status, stdout, lines: stderr.trim().split("\n").length }).toEqual({ status: 2, stdout: "", lines: 1 });
      expect(existsSync(out)).toBe(false);
    });
  }
});

describe("train with FIRN_ORT", () => {
  for (const [value, device, said] of [
    ["nativ", "cpu", /FIRN_ORT must be "native" or "addon", got "nativ"/],
    ["native", "webgpu", /FIRN_ORT=native: the C API is used on cpu and cuda, not on webgpu/],
  ] as const) {
    test(`refuses ${value} on ${device} in one line, and leaves no run behind`, async () => {
      const data = await makeFolder(makeMNISTFiles({ trainPerClass: 2, testPerClass: 1 }));
      const out = join(await makeFolder({}), "run");
      process.env.FIRN_ORT = value;
      try {
        const words = ["train", "--data", data, "--out", out, "--engine", "onnxruntime", "--device", device];
        const { status, stderr, stdout } = await captureCli([...words, "--workers", "1"]);
        expect(stderr).toMatch(said);
        expect({ status, stdout, lines: stderr.trim().split("\n").length }).toEqual({
          status: 2,
          stdout: "",
          lines: 1,
        });
        expect(existsSync(out)).toBe(false);
      } finally {
        delete process.env.FIRN_ORT;
      }
    });
  }
});
