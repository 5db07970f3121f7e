import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
import { Cluster } from "../../../src/cluster/cluster.ts";
import { type ClusterOptions, resolveClusterOptions } from "../../../src/cluster/cluster_options.ts";
import { createQuadraticPenalty } from "../../../src/cluster/penalty.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";
import type { Fault } from "./fault.ts";

const samples = makeTask({ samples: 64 });
const others = makeTask({ samples: 40, seed: 1, name: "others" });
const criterion = new CrossEntropyLoss();

/** 5 chunks of parameters, dropout and batch normalisation: everything that a repeated step could get wrong. */
function startCluster(options: ClusterOptions): Promise<Cluster> {
  const init = (seed: number) => ({ kernelInitializer: tf.initializers.glorotUniform({ seed }) });
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 256, activation: "relu", inputShape: [6], ...init(1) }),
      tf.layers.batchNormalization({}),
      tf.layers.dropout({ rate: 0.2 }),
      tf.layers.dense({ units: 256, activation: "relu", ...init(2) }),
      tf.layers.dense({ units: 4, ...init(3) }),
    ],
  });
  const snapshot = flattenWeights(model);
  model.dispose();
  const training = { optimizer: new Adam({ learningRate: 0.01 }), seed: 1 };
  const resolved = resolveClusterOptions({ workers: 2, logicalShards: 3, silenceTimeoutMs: 1_000, ...options });
  return Cluster.start({ ...snapshot, outputSize: 4 }, resolved, training);
}

/** Every kind of command, seven in all; everything that came of them. */
async function useCluster(cluster: Cluster): Promise<unknown> {
  const results: unknown[] = [];
  const update = { learningRate: 0.01 };
  const objective = criterion.createObjective(samples.targets, 4);
  const penalty = createQuadraticPenalty(cluster.parameters.length);
  penalty.a.fill(0.1);
  penalty.b.set(cluster.parameters.map((value) => value / 10));
  cluster.penalties.add(penalty);
  for (const dropoutStep of [0, 1]) {
    const request = { samples, training: true, dropoutStep };
    const { output, objective: loss } = await cluster.gradientStep(request, objective, { penalties: true, update });
    results.push(output.data, loss, cluster.penalties.sumLastStep());
  }
  const request = { samples, training: true, dropoutStep: 2 };
  const output = await cluster.forward(request);
  const { dOutput } = await criterion.evaluate(output, samples.targets);
  await cluster.backward(request, dOutput, { penalties: true });
  results.push(output.data, cluster.gradient.slice());
  await cluster.update({ learningRate: 0.02 });
  const aside = { samples: others, training: true, dropoutStep: 3, scratch: true };
  await cluster.gradientStep(aside, criterion.createObjective(others.targets, 4));
  results.push(cluster.scratchGradient.slice());
  const older = { samples: others, training: false, dropoutStep: 0, parameters: penalty.b };
  results.push((await cluster.forward(older)).data);
  const { parameters, state, optimizerState, stepCount } = cluster;
  return {
    results,
    parameters: parameters.slice(),
    state: state.slice(),
    optimizer: optimizerState.map((v) => v.slice()),
    stepCount,
  };
}

let undisturbed: unknown;
beforeAll(async () => {
  const cluster = await startCluster({});
  undisturbed = await useCluster(cluster);
  await cluster.close();
});
afterAll(() => {
  delete process.env.FIRN_FAULT;
});

/** Uses a cluster with a replica that breaks. Returns the results and what was told of restarts. */
async function useBreaking(fault: Fault, maxRestarts: number): Promise<{ result: unknown; restarts: string[] }> {
  process.env.FIRN_FAULT = JSON.stringify(fault);
  const restarts: string[] = [];
  const workerEntry = new URL("./breaking_replica.ts", import.meta.url);
  const cluster = await startCluster({ workerEntry, maxRestarts, onRestart: (line) => restarts.push(line) });
  try {
    return { result: await useCluster(cluster), restarts };
  } finally {
    await cluster.close();
  }
}

const COMMANDS = [
  "the fused step",
  "the next step",
  "forward",
  "backward",
  "update",
  "a side gradient",
  "forward with others",
];

describe("Cluster with maxRestarts", () => {
  const faults: Omit<Fault, "times">[] = [
    { how: "throw", replica: 0, command: 0, moment: { kind: "start" } },
    { how: "hang", replica: 0, command: 1, moment: { kind: "look", number: 1 } },
    { how: "exit", replica: 0, command: 1, moment: { kind: "look", number: 5 } },
    { how: "throw", replica: 0, command: 1, moment: { kind: "chunk begun", number: 0 } },
    { how: "throw", replica: 1, command: 1, moment: { kind: "chunk changed", number: 1 } },
    { how: "throw", replica: 0, command: 4, moment: { kind: "chunk changed", number: 1 } },
    { how: "exit", replica: 1, command: 4, moment: { kind: "start" } },
    { how: "throw", replica: 1, command: 5, moment: { kind: "chunk begun", number: 0 } },
    { how: "exit", replica: 0, command: 6, moment: { kind: "look", number: 1 } },
  ];
  for (const fault of faults) {
    const { how, replica, command, moment } = fault;
    const when = "number" in moment ? `${moment.kind} ${moment.number}` : moment.kind;
    test(`gives the same bits, when replica ${replica} makes the fault "${how}" in ${COMMANDS[command]} (${when})`, async () => {
      const { result, restarts } = await useBreaking({ ...fault, times: 1 }, 1);
      expect(restarts.length).toBe(1);
      expect(restarts[0]).toMatch(new RegExp(`^Replica ${replica} was lost and is replaced \\(1 of 1\\): Cannot `));
      expect(result).toEqual(undisturbed);
    });
  }

  test("replaces a replica several times, as often as it may", async () => {
    const fault: Fault = { how: "throw", replica: 1, command: 0, moment: { kind: "start" }, times: 2 };
    const { result, restarts } = await useBreaking(fault, 2);
    expect(restarts.length).toBe(2);
    expect(result).toEqual(undisturbed);
  });

  test("gives up with the last cause, when it may not replace any more", async () => {
    const fault: Fault = { how: "throw", replica: 1, command: 0, moment: { kind: "start" }, times: 3 };
    await expect(useBreaking(fault, 2)).rejects.toThrow("replica 1 failed: the device is on fire");
  });

  test("fails, and can be closed, when a replica falls silent in the middle of an update", async () => {
    const fault: Fault = { how: "hang", replica: 0, command: 1, moment: { kind: "chunk begun", number: 0 }, times: 1 };
    await expect(useBreaking(fault, 1)).rejects.toThrow(/replica 0 gave no sign of life .* \(last seen updating\)/);
  });

  test("is refused below 0", async () => {
    expect(() => startMadeCluster({ workers: 1, maxRestarts: -1 })).toThrow("maxRestarts");
  });
});
