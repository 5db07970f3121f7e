import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { BCEWithLogitsLoss } from "../../src/training/losses/bce_with_logits_loss.ts";
import { createClassMask } from "../../src/training/losses/class_mask.ts";
import { CrossEntropyLoss } from "../../src/training/losses/cross_entropy_loss.ts";
import { FocalLoss } from "../../src/training/losses/focal_loss.ts";
import type { LossAndGradient } from "../../src/training/losses/loss_and_gradient.ts";
import { HuberLoss, MSELoss } from "../../src/training/losses/regression_losses.ts";
import { startMadeCluster } from "../support/made_cluster.ts";
import { makeTask } from "../support/made_task.ts";

const whole = makeTask({ samples: 96 });
/** Samples of the classes 0 and 2. */
const data = whole.subset([...whole.targets.keys()].filter((i) => (whole.targets[i] ?? 1) % 2 === 0));
const request = { samples: data, training: false, dropoutStep: 0 };
const classMask = (outputSize: number) => createClassMask([0, 2], outputSize);

const CRITERIA = {
  "cross-entropy": new CrossEntropyLoss({ labelSmoothing: 0.1 }),
  "cross-entropy under a mask": new CrossEntropyLoss({ labelSmoothing: 0.1, classMask }),
  "binary cross-entropy": new BCEWithLogitsLoss(),
  "binary cross-entropy under a mask": new BCEWithLogitsLoss({ classMask }),
  mse: new MSELoss(),
  "cross-entropy with class weights": new CrossEntropyLoss({ classWeights: [0.5, 0, 3, 1], labelSmoothing: 0.2 }),
  "weighted cross-entropy under a mask": new CrossEntropyLoss({
    classWeights: [0.5, 1, 3, 2],
    labelSmoothing: 0.2,
    classMask,
  }),
  "binary cross-entropy with weights": new BCEWithLogitsLoss({ posWeight: [4, 1, 0.5, 2] }),
  focal: new FocalLoss({ alpha: [0.5, 1, 2, 1] }),
  "focal of sigmoids": new FocalLoss({ form: "sigmoid", alpha: 0.25 }),
  huber: new HuberLoss({ delta: 0.5 }),
} as const;

/** The step in its two halves, with the loss on the coordinator. */
async function stepInHalves(
  cluster: Cluster,
  criterion: (typeof CRITERIA)[keyof typeof CRITERIA],
): Promise<LossAndGradient & { readonly gradient: Float32Array }> {
  const evaluated = criterion.evaluate(await cluster.forward(request), data.targets);
  await cluster.backward(request, evaluated.dOutput);
  return { ...evaluated, gradient: cluster.gradient.slice() };
}

function measureDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

describe("Cluster.gradientStep()", () => {
  const clusters: Cluster[] = [];
  beforeAll(async () => {
    clusters.push(await startMadeCluster({ workers: 0, logicalShards: 2 }));
    clusters.push(await startMadeCluster({ workers: 2, logicalShards: 2 }));
  });
  afterAll(async () => {
    for (const cluster of clusters) await cluster.close();
  });

  for (const [name, criterion] of Object.entries(CRITERIA)) {
    test(`equals forward, criterion and backward, when the objective is ${name}`, async () => {
      for (const cluster of clusters) {
        const halves = await stepInHalves(cluster, criterion);
        const { objective } = await cluster.gradientStep(request, criterion.createObjective(data.targets, 4));
        expect(objective).toBeCloseTo(halves.loss, 5);
        expect(measureDifference(cluster.gradient, halves.gradient)).toBeLessThan(1e-5);
      }
    });
  }

  test("refuses an objective that it does not know, and names the nearest", async () => {
    const objective = { kind: "mes" as "mse", write: () => {} };
    for (const cluster of clusters) {
      const wanted = 'criterion: unknown objective kind "mes", did you mean mse?';
      await expect(cluster.gradientStep(request, objective)).rejects.toThrow(wanted);
    }
  });

  test("forgets the mask of the step before, when an objective has none", async () => {
    for (const cluster of clusters) {
      const plain = CRITERIA["cross-entropy"].createObjective(data.targets, 4);
      const { objective: before } = await cluster.gradientStep(request, plain);
      const masked = CRITERIA["cross-entropy under a mask"].createObjective(data.targets, 4);
      const { objective: between } = await cluster.gradientStep(request, masked);
      const { objective: after } = await cluster.gradientStep(request, plain);
      expect(between).not.toBeCloseTo(before, 3);
      expect(after).toBe(before);
    }
  });

  test("forgets weights of elements and the constant of the step before", async () => {
    for (const cluster of clusters) {
      const plain = CRITERIA["binary cross-entropy"].createObjective(data.targets, 4);
      const { objective: before } = await cluster.gradientStep(request, plain);
      const weighted = CRITERIA["focal of sigmoids"].createObjective(data.targets, 4);
      const { objective: between } = await cluster.gradientStep(request, weighted);
      const { objective: after } = await cluster.gradientStep(request, plain);
      expect(between).not.toBeCloseTo(before, 3);
      expect(after).toBe(before);
    }
  });

  test("refuses a mask of another width, and goes on afterwards", async () => {
    for (const cluster of clusters) {
      const objective = CRITERIA.mse.createObjective(data.targets, 4);
      const wrong = { ...objective, kind: "cross-entropy", classMask: new Float32Array(3) } as const;
      const refusal = cluster.gradientStep(request, wrong).then(String, String);
      expect(await refusal).toContain("classMask must have 4 values, one an output, got 3");
      expect((await cluster.gradientStep(request, objective)).isFinite).toBe(true);
    }
  });
});
