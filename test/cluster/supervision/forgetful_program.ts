/** A program whose author forgot to close the cluster. Its argument "process" isolates the replicas. */
import process from "node:process";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { startMadeCluster } from "../../support/made_cluster.ts";
import { makeTask } from "../../support/made_task.ts";

const samples = makeTask({ samples: 64 });
const isolation = process.argv[2] === "process" ? "process" : "thread";
const cluster = await startMadeCluster({ workers: 2, logicalShards: 2, isolation });
const objective = new CrossEntropyLoss().createObjective(samples.targets, 4);
for (let dropoutStep = 0; dropoutStep < 3; dropoutStep++) {
  await cluster.gradientStep({ samples, training: true, dropoutStep }, objective);
}
console.log("all steps done");
