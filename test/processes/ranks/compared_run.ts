import { join } from "node:path";
import { makeFolder } from "../../support/made_idx.ts";

/**
 * Trains on the digits in the folder `data` with four logical shards, as many as the most replicas, and with dropout:
 * all layouts must end with the same bits.
 */
export function listWords(data: string, out: string, ...layout: string[]): string[] {
  const benchmark = ["--benchmark", "split-mnist:experiences=2", "--data", data, "--strategy", "replay:memSize=20"];
  const model = ["--model", "mlp:hiddenSize=16,hiddenLayers=1,dropout=0.2", "--no-onnx", "--batch-size", "64"];
  return ["train", "--quiet", "--out", out, ...benchmark, ...model, "--logical-shards", "4", ...layout];
}

export async function makeOut(): Promise<string> {
  return join(await makeFolder({}), "run");
}
