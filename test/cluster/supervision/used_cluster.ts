import process from "node:process";
import * as tf from "@tensorflow/tfjs";
import { Cluster } from "../../../src/cluster/cluster.ts";
import { type ClusterOptions, resolveClusterOptions } from "../../../src/cluster/cluster_options.ts";
import { createQuadraticPenalty } from "../../../src/cluster/penalty.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { makeTask } from "../../support/made_task.ts";
import type { Fault } from "./fault.ts";

const samples = makeTask({ samples: 64 });
const others = makeTask({ samples: 40, seed: 1, name: "others" });
const criterion = new CrossEntropyLoss();

/** 5 chunks of parameters, dropout and batch normalisation: everything that a repeated step could get wrong. */
export function startCluster(options: ClusterOptions): Promise<Cluster> {
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
export async function useCluster(cluster: Cluster): Promise<unknown> {
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

/** Uses a cluster with a replica that breaks. Returns the results and what was told of restarts. */
export async function useBreaking(
  fault: Fault,
  options: Pick<ClusterOptions, "maxRestarts" | "isolation">,
): Promise<{ result: unknown; restarts: string[] }> {
  process.env.FIRN_FAULT = JSON.stringify(fault);
  const restarts: string[] = [];
  const workerEntry = new URL("./breaking_replica.ts", import.meta.url);
  const cluster = await startCluster({ ...options, workerEntry, onRestart: (line) => restarts.push(line) });
  try {
    return { result: await useCluster(cluster), restarts };
  } finally {
    await cluster.close();
    delete process.env.FIRN_FAULT;
  }
}

/** What `useCluster` does, in this order. */
export const COMMANDS = [
  "the fused step",
  "the next step",
  "forward",
  "backward",
  "update",
  "a side gradient",
  "forward with others",
];
