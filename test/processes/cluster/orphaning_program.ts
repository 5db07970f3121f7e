/** A program that says when its replicas' processes are there, the first of them stuck in a step, and never ends. */
import process from "node:process";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import type { Fault } from "../../cluster/supervision/fault.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";

const fault: Fault = { how: "hang", replica: 0, command: 0, moment: { kind: "start" }, times: 1 };
process.env.FIRN_FAULT = JSON.stringify(fault);
const workerEntry = new URL("../../cluster/supervision/breaking_replica.ts", import.meta.url);
const cluster = await startMadeCluster({ workers: 2, logicalShards: 2, isolation: "process", workerEntry });
const samples = makeTask({ samples: 64 });
const step = cluster.gradientStep(
  { samples, training: true, dropoutStep: 0 },
  new CrossEntropyLoss().createObjective(samples.targets, 4),
);
console.log("they compute");
await step;
