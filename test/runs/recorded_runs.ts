import { readFile } from "node:fs/promises";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles } from "../support/made_idx.ts";

/** Runs whose parameters must not change by a bit while code is only moved about: one for each kind of method. */
const STRATEGIES = [
  "naive",
  "replay:memSize=20",
  "ewc:lambda=1",
  "si:lambda=100",
  "lwf",
  "mas:lambda=0.1",
  "gem:patternsPerExperience=6",
  "agem:patternsPerExperience=6",
  "der:memSize=20",
  "icarl:memSize=20",
  "scr:memSize=20",
  "cwr-star",
] as const;

const MODEL = "mlp:hiddenLayers=1,hiddenSize=24";

/** The `parametersHash` of each recorded strategy after three experiences of made images, on two replicas. */
export async function hashRecordedRuns(): Promise<Record<string, string>> {
  const data = await makeFolder(makeMNISTFiles({ trainPerClass: 8, testPerClass: 2 }));
  const hashes: Record<string, string> = {};
  for (const strategy of STRATEGIES) {
    const out = join(await makeFolder({}), "run");
    const words = ["--strategy", strategy, "--benchmark", "split-mnist:experiences=3", "--model", MODEL];
    const settings = ["--batch-size", "32", "--epochs", "4", "--workers", "2", "--seed", "3", "--no-onnx", "--quiet"];
    const { status, stderr } = await captureCli(["train", ...words, ...settings, "--data", data, "--out", out]);
    if (status !== 0) throw new Error(`${strategy} ended with ${status}: ${stderr}`);
    hashes[strategy] = JSON.parse(await readFile(join(out, "summary.json"), "utf8")).parametersHash;
  }
  return hashes;
}

/**
 * What decides the bits of a run beside the program: the platform and the instructions that onnxruntime's kernels
 * choose among. Runs are equal within one such kind of processor only.
 */
export async function describeProcessor(): Promise<string> {
  const info = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const flags = new Set(/^flags\s*:(.*)$/m.exec(info)?.[1]?.trim().split(/\s+/) ?? []);
  const chosen = ["avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "amx_tile"].filter((flag) =>
    flags.has(flag),
  );
  return [platform(), arch(), ...chosen].join(" ");
}
