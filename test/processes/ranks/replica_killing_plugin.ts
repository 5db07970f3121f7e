/** A plugin that kills the process of one replica on one rank of an MPI launcher, at one iteration. */
import process from "node:process";
import { listReplicas } from "../../../scripts/faults/list_replicas.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";

/** Read from FIRN_KILL_REPLICA: "1 3". */
const [rank, iteration] = (process.env.FIRN_KILL_REPLICA ?? "").split(" ");

export class ReplicaKillingPlugin implements StrategyPlugin {
  readonly name = "ReplicaKillingPlugin";

  async beforeForward(strategy: BaseStrategy): Promise<void> {
    const own = process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK;
    if (own !== rank || strategy.clock.trainIterations !== Number(iteration)) return;
    const [replica] = await listReplicas(process.pid);
    if (replica === undefined) throw new Error("this rank has no replica in a process");
    process.kill(replica, "SIGKILL");
  }
}

export { ReplicaKillingPlugin as plugin };

export const options = {};
