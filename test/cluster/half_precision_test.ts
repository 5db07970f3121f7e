import { describe, expect, test } from "bun:test";
import type { ClusterOptions } from "../../src/cluster/cluster_options.ts";
import { copyToSharedFloat32 } from "../../src/core/shared/shared_memory.ts";
import { Adam } from "../../src/optimizers/adam.ts";
import { CrossEntropyLoss } from "../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../support/made_cluster.ts";
import { makeTask } from "../support/made_task.ts";

const data = makeTask({ samples: 96 });
const objective = new CrossEntropyLoss().createObjective(data.targets, 4);
const rates = { learningRate: 0.01, groups: [] };

const half = { precision: "float16", anyDevicePrecision: true, engine: "onnxruntime", logicalShards: 2 } as const;

function start(options: ClusterOptions) {
  return startMadeCluster(options, { optimizer: new Adam({ learningRate: 0.01 }) });
}

/** Trains in float16 on replicas, and returns what was left. */
async function train(options: ClusterOptions) {
  const cluster = await start(options);
  const losses: number[] = [];
  for (let step = 0; step < 30; step++) {
    const request = { samples: data, training: true, dropoutStep: step };
    losses.push((await cluster.gradientStep(request, objective, { update: rates })).objective);
  }
  const parameters = cluster.parameters.slice();
  const { stepCount, lossScale } = cluster;
  await cluster.close();
  return { losses, parameters, stepCount, scale: lossScale.value };
}

describe("Cluster in float16", () => {
  test("trains as float32 does, within its rounding, with the same bits on 0, 1 and 2 workers", async () => {
    const plain = await train({ workers: 0, logicalShards: 2, engine: "onnxruntime" });
    const wanted = await train({ ...half, workers: 0 });
    expect(wanted.losses.at(-1)).toBeLessThan((wanted.losses[0] ?? 0) / 2);
    for (const [i, loss] of wanted.losses.entries()) expect(Math.abs(loss - (plain.losses[i] ?? 0))).toBeLessThan(0.02);
    expect(wanted.parameters).not.toEqual(plain.parameters);
    for (const workers of [1, 2]) expect(await train({ ...half, workers })).toEqual(wanted);
  }, 60_000);

  for (const workers of [0, 2]) {
    test(`leaves out steps that overflow, and goes on at a smaller scale, on ${workers} workers`, async () => {
      const cluster = await start({ ...half, workers });
      const before = copyToSharedFloat32(cluster.parameters);
      const request = { samples: data, training: true, dropoutStep: 0 };
      cluster.lossScale.restore({ value: 2 ** 24, goodSteps: 0 });
      // In one command with the update, and in a command of its own.
      const steps = [
        () => cluster.gradientStep(request, objective, { update: rates }),
        async () => {
          await cluster.gradientStep(request, objective);
          await cluster.update(rates);
        },
      ];
      for (const [i, step] of steps.entries()) {
        await step();
        expect(cluster.parameters).toEqual(before);
        expect(cluster.gradient.every((value) => value === 0)).toBe(true);
        for (const vector of cluster.optimizerState) expect(vector.every((value) => value === 0)).toBe(true);
        expect([cluster.stepCount, cluster.lossScale.value]).toEqual([0, 2 ** (23 - i)]);
      }
      let tries = 0;
      while (cluster.stepCount === 0 && tries < 24) {
        await steps[tries % 2]?.();
        tries += 1;
      }
      expect(cluster.stepCount).toBe(1);
      expect(cluster.parameters).not.toEqual(before);
      expect(cluster.gradient.some((value) => value !== 0)).toBe(true);
      await cluster.close();
    }, 60_000);
  }

  test("computes what is evaluated, and what plugins ask for, in float32", async () => {
    const [plain, cluster] = [
      await start({ workers: 0, engine: "onnxruntime" }),
      await start({ ...half, workers: 0, logicalShards: 1 }),
    ];
    cluster.lossScale.restore({ value: 2 ** 24, goodSteps: 0 });
    for (const request of [
      { samples: data, training: false, dropoutStep: 0 },
      { samples: data, training: true, dropoutStep: 0, scratch: true },
    ]) {
      const [wanted, given] = [
        await plain.gradientStep(request, objective),
        await cluster.gradientStep(request, objective),
      ];
      expect(given).toEqual(wanted);
    }
    expect(cluster.scratchGradient).toEqual(plain.scratchGradient);
    expect(cluster.lossScale.value).toBe(2 ** 24);
    for (const opened of [plain, cluster]) await opened.close();
  });

  test("is refused on devices that gain nothing by it", async () => {
    for (const [precision, engine, said] of [
      [
        "float16",
        "auto",
        "precision float16 needs CUDA devices, got cpu: onnxruntime multiplies float16 on the processor no",
      ],
      ["bfloat16", "auto", "precision bfloat16 needs CUDA devices, got cpu: onnxruntime has no product of bfloat16 on"],
      ["float16", "tfjs", "precision float16: the engine tfjs trains in float32"],
    ] as const) {
      await expect(start({ workers: 0, precision, engine })).rejects.toThrow(said);
    }
  });
});
