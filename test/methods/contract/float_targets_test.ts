import { describe, expect, test } from "bun:test";
import { Dataset } from "../../../src/data/dataset.ts";
import { Replay, ReplayPlugin } from "../../../src/methods/replay/replay_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import { MSELoss } from "../../../src/training/losses/regression_losses.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeTargetBenchmark } from "../../support/made_targets.ts";
import { makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import type { ContractMember } from "./contract_member.ts";
import { CONTRACT_MEMBERS } from "./contract_members.ts";

/** What learns classes alone: by softmax, by means of classes, by class-wise weights, or remembers class ids alone. */
const CLASSES_ALONE = new Set([
  "AR1",
  "BiC",
  "BiCPlugin",
  "CWRStar",
  "CWRStarPlugin",
  "CoPE",
  "CoPEPlugin",
  "ERACEPlugin",
  "ERAMLPlugin",
  "ER_ACE",
  "ER_AML",
  "FeCAMPlugin",
  "FeatureReplay",
  "FeatureReplayPlugin",
  "GenerativeReplay",
  "GenerativeReplayPlugin",
  "ICaRL",
  "ICaRLPlugin",
  "IL2M",
  "IL2MPlugin",
  "LAE",
  "LAEPlugin",
  "LatentReplayPlugin",
  "LwF",
  "LwFPlugin",
  "NCMPlugin",
  "PNNStrategy",
  "RARPlugin",
  "RanPAC",
  "SCR",
  "SCRPlugin",
  "StreamingLDA",
  // As the contract makes them: labels drawn from softmax, the minibatch's classes left out.
  "EWC",
  "MIRPlugin",
]);

/** Generators learn samples and know no targets; early stopping is told to watch accuracy. */
const LEFT_OUT = new Set([
  "VAETraining",
  "TrainGeneratorAfterExpPlugin",
  "EarlyStoppingPlugin",
  // They refuse the losses of numbers when a strategy is made.
  "MixupPlugin",
  "CutMixPlugin",
]);

const CRITERIA = { values: () => new MSELoss(), labels: () => new BCEWithLogitsLoss() } as const;

function createMember(member: ContractMember, kind: keyof typeof CRITERIA): BaseStrategy {
  const model = member.createModel?.(8) ?? mlp({ ...SMALL_MLP, numClasses: 2 });
  const optimizer = new SGD({ learningRate: 0.02 });
  return member.create(makeOptions({ model, optimizer, criterion: CRITERIA[kind](), trainEpochs: 2, seed: 1 }));
}

describe("targets that are numbers", () => {
  const benchmarks = {
    values: makeTargetBenchmark(),
    labels: makeTargetBenchmark({ kind: "labels" }),
  };

  test("are told about every member that learns classes alone", () => {
    for (const name of CLASSES_ALONE) expect(CONTRACT_MEMBERS).toHaveProperty(name);
  });

  test("are one class to memories that are balanced by class: all of the memory is theirs", async () => {
    for (const storagePolicy of ["class-balanced", "reservoir", "experience-balanced"] as const) {
      const member = { create: (options: StrategyOptions) => new Replay({ ...options, memSize: 30, storagePolicy }) };
      await withStrategy(createMember(member, "values"), async (strategy) => {
        await strategy.train(benchmarks.values.trainStream);
        const { buffer } = strategy.plugins.flatMap((plugin) =>
          plugin instanceof ReplayPlugin ? [plugin.storagePolicy] : [],
        )[0] ?? { buffer: Dataset.empty() };
        expect(buffer.length).toBe(30);
        expect(buffer.targetValues?.shape).toEqual([30, 2]);
      });
    }
  });

  for (const [name, member] of Object.entries(CONTRACT_MEMBERS)) {
    if (LEFT_OUT.has(name)) continue;
    const isRefused = CLASSES_ALONE.has(name);
    test(`${name} ${isRefused ? "refuses them before anything is trained" : "learns them"}`, async () => {
      for (const kind of ["values", "labels"] as const) {
        const { trainStream, testStream } = benchmarks[kind];
        await withStrategy(createMember(member, kind), async (strategy) => {
          if (isRefused) {
            await expect(strategy.train(trainStream)).rejects.toThrow("works with class ids");
            expect(strategy.clock.trainIterations).toBe(0);
            return;
          }
          await strategy.start();
          const before = strategy.parameters.slice();
          if (strategy.trainsJointly) await strategy.train(trainStream);
          else for (const experience of trainStream) await strategy.train(experience);
          await strategy.eval(testStream);
          expect(strategy.parameters.every(Number.isFinite)).toBe(true);
          expect(strategy.parameters.some((value, i) => value !== before[i])).toBe(true);
          expect(Number.isFinite(strategy.loss)).toBe(true);
        });
      }
    });
  }
});
