import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashParameters } from "../../src/core/hashing/hash_parameters.ts";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../src/evaluation/metrics/accuracy/accuracy.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import { Adam } from "../../src/optimizers/adam.ts";
import { loadStrategy } from "../../src/saving/load_strategy.ts";
import { saveStrategy } from "../../src/saving/save_strategy.ts";
import type { BaseStrategy } from "../../src/training/loop/base_strategy.ts";
import type { ContractMember } from "../methods/contract/contract_member.ts";
import { CONTRACT_MEMBERS } from "../methods/contract/contract_members.ts";
import { coverMembers } from "../support/cover_members.ts";
import { SMALL_MLP } from "../support/made_cluster.ts";
import { makeBenchmark, withStrategy } from "../training/loop/made_strategy.ts";

/** What refuses heads that grow. */
const WITHOUT_HEADS = ["FeCAMPlugin", "RanPAC", "StreamingLDA", "SCR", "SCRPlugin", "CoPE", "CoPEPlugin"];

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firn-saved-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a strategy that was saved and loaded", () => {
  for (const [name, member] of coverMembers(Object.entries(CONTRACT_MEMBERS))) {
    for (const workers of ["Replay", "EWC", "LwF", "ICaRL", "NCMPlugin"].includes(name) ? [0, 2] : [0]) {
      test(`predicts and trains on with the same bits, on ${workers} workers: ${name}`, () =>
        check(name, member, workers));
    }
  }
});

async function check(
  name: string,
  { create, createModel, taskLabels = false, trainsOnce = false }: ContractMember,
  workers: number,
) {
  const { trainStream, testStream } = makeBenchmark({ experiences: 3, samples: 96, testSamples: 40, taskLabels });
  const grows = !WITHOUT_HEADS.includes(name);
  const make = () =>
    create({
      model:
        createModel?.(8) ??
        mlp({ ...SMALL_MLP, dropout: 0.2, ...(grows ? { incremental: true, initialUnits: 1 } : {}) }),
      optimizer: new Adam({ learningRate: 0.01 }),
      trainMbSize: 32,
      trainEpochs: 2,
      // Early stopping looks at it.
      evaluator: new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) }),
      cluster: { workers, logicalShards: 2 },
      seed: 7,
    });
  const file = join(folder, `${name}.safetensors`);
  const observe = async (strategy: BaseStrategy) => {
    const hashes = [hashParameters(strategy.parameters)];
    for (const { dataset } of testStream)
      hashes.push(hashParameters((await strategy.predict(dataset)).probabilities.data));
    return hashes;
  };
  const trainOn = async (strategy: BaseStrategy) => {
    if (!trainsOnce)
      for (const experience of trainStream.slice(1)) await strategy.train(experience, { evalStreams: [testStream] });
    return observe(strategy);
  };
  await withStrategy(make(), async (strategy) => {
    await strategy.train(trainsOnce ? trainStream : trainStream.at(0), { evalStreams: [testStream] });
    await saveStrategy(strategy, file);
    const [now, later] = [await observe(strategy), await trainOn(strategy)];
    const own = name.endsWith("Plugin") || name === "VAETraining" ? { strategy: make() } : { cluster: { workers } };
    const loaded = await loadStrategy(file, own);
    await withStrategy(loaded, async () => {
      expect(loaded.constructor).toBe(strategy.constructor);
      expect(await observe(loaded)).toEqual(now);
      expect(await trainOn(loaded)).toEqual(later);
    });
  });
}
