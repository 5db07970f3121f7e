import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Cluster } from "../../../src/cluster/cluster.ts";
import type { ObjectiveWriter } from "../../../src/cluster/objective_writer.ts";
import type { Criterion } from "../../../src/training/losses/criterion.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { computeFused, computeGradient } from "../../../src/training/model/compute_gradient.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";

const samples = makeTask({ samples: 20 });
const request = { samples, training: true, dropoutStep: 3, scratch: true };
const fused = new CrossEntropyLoss();
/** The same without an objective: only the coordinator can evaluate it. */
const split: Criterion = { evaluate: (output, y) => fused.evaluate(output, y) };

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startMadeCluster({ workers: 0, logicalShards: 3 }, { model: { dropout: 0.3 } });
});
afterAll(() => cluster.close());

describe("computeGradient()", () => {
  test("gives the same loss and gradient of a criterion that the replicas can compute and of one that they cannot", async () => {
    const loss = await computeGradient(cluster, request, { criterion: fused });
    const gradient = cluster.scratchGradient.slice();
    const splitLoss = await computeGradient(cluster, request, { criterion: split });
    expect(splitLoss).toBeCloseTo(loss, 5);
    expect(measureDifference(cluster.scratchGradient, gradient)).toBeLessThan(1e-5);
    expect(gradient.some((value) => Math.abs(value) > 1e-3)).toBe(true);
  });
});

describe("computeFused()", () => {
  test("gives outputs and loss of the objective as it was weighed", async () => {
    const plain = await computeFused(cluster, request, { criterion: fused });
    const gradient = cluster.scratchGradient.slice();
    const weigh = (objective: ObjectiveWriter): ObjectiveWriter => ({
      ...objective,
      write(targets, weights) {
        objective.write(targets, weights);
        for (const [i, weight] of weights.entries()) weights[i] = weight / 2;
      },
    });
    const halved = await computeFused(cluster, request, { criterion: fused, weigh });
    expect(halved?.output).toEqual(plain?.output);
    expect(halved?.objective).toBeCloseTo((plain?.objective ?? Number.NaN) / 2, 5);
    const half = gradient.map((value) => value / 2);
    expect(measureDifference(cluster.scratchGradient, half)).toBeLessThan(1e-6);
  });

  test("makes the update where one is to follow", async () => {
    const before = cluster.parameters.slice();
    const step = { ...request, scratch: false };
    await computeFused(cluster, step, { criterion: fused, after: { update: { learningRate: 0.1 } } });
    const wanted = before.map((theta, i) => theta - 0.1 * (cluster.gradient[i] ?? Number.NaN));
    expect(measureDifference(cluster.parameters, wanted)).toBeLessThan(1e-6);
  });

  test("does nothing for a criterion that the replicas cannot compute", async () => {
    const { stepCount } = cluster;
    const update = { learningRate: 0.1 };
    expect(await computeFused(cluster, request, { criterion: split, after: { update } })).toBeUndefined();
    expect(cluster.stepCount).toBe(stepCount);
  });
});
