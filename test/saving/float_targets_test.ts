import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashParameters } from "../../src/core/hashing/hash_parameters.ts";
import { Replay } from "../../src/methods/replay/replay_plugin.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import { loadStrategy } from "../../src/saving/load_strategy.ts";
import { saveStrategy } from "../../src/saving/save_strategy.ts";
import type { BaseStrategy } from "../../src/training/loop/base_strategy.ts";
import { BCEWithLogitsLoss } from "../../src/training/losses/bce_with_logits_loss.ts";
import { MSELoss } from "../../src/training/losses/regression_losses.ts";
import { SMALL_MLP } from "../support/made_cluster.ts";
import { makeTargetBenchmark } from "../support/made_targets.ts";
import { makeOptions, withStrategy } from "../training/loop/made_strategy.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firn-saved-targets-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("saveStrategy() and loadStrategy()", () => {
  for (const [kind, createCriterion] of [
    ["values", () => new MSELoss()],
    ["labels", () => new BCEWithLogitsLoss()],
  ] as const) {
    test(`keep the ${kind} of remembered samples, and go on with the same bits`, async () => {
      const { trainStream } = makeTargetBenchmark({ kind });
      const file = join(folder, `${kind}.safetensors`);
      const criterion = createCriterion();
      const model = mlp({ ...SMALL_MLP, numClasses: 2 });
      const wanted = await withStrategy(
        new Replay({ ...makeOptions({ model, criterion }), memSize: 20 }),
        async (strategy) => {
          await strategy.train(trainStream.at(0));
          await saveStrategy(strategy, file);
          return trainNext(strategy);
        },
      );
      // Another process would have none of the first experience's samples.
      const later = await loadStrategy(file, { criterion, cluster: { workers: 0 } });
      await withStrategy(later, async (strategy) => expect(await trainNext(strategy)).toBe(wanted));

      async function trainNext(strategy: BaseStrategy): Promise<string> {
        await strategy.train(trainStream.at(1));
        return hashParameters(strategy.parameters);
      }
    });
  }
});
