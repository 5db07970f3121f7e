/** A plugin that kills the process of one replica on one rank of an MPI launcher, at one iteration. */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { COORDINATOR_VARIABLE } from "../../../src/cluster/processes/channel.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";

/** Read from FIRN_KILL_REPLICA: "1 3". */
const [rank, iteration] = (process.env.FIRN_KILL_REPLICA ?? "").split(" ");

export class ReplicaKillingPlugin implements StrategyPlugin {
  readonly name = "ReplicaKillingPlugin";

  beforeForward(strategy: BaseStrategy): void {
    const own = process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK;
    if (own !== rank || strategy.clock.trainIterations !== Number(iteration)) return;
    const [replica] = listReplicas();
    if (replica === undefined) throw new Error("this rank has no replica in a process");
    process.kill(replica, "SIGKILL");
  }
}

/** Process numbers of this rank's replicas. */
function listReplicas(): number[] {
  const variable = `${COORDINATOR_VARIABLE}=${process.pid}`;
  const isReplica = (id: string) => {
    try {
      return readFileSync(`/proc/${id}/environ`, "utf8").split("\0").includes(variable);
    } catch {
      // It has ended, or is another user's.
      return false;
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isReplica(name))
    .map(Number);
}

export { ReplicaKillingPlugin as plugin };

export const options = {};
