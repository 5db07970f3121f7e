/** Ends its process, has it told to stop, or falls silent, on one rank of an MPI launcher at one iteration. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";

/** Read from FIRN_BREAK, so that a run that goes on is not broken again: "1 7 SIGKILL", "2,3 7 SIGKILL". */
const [ranks = "", iteration, signal = ""] = (process.env.FIRN_BREAK ?? "").split(" ");
const [command = "", ...words] = (process.env.FIRN_BREAK_COMMAND ?? "").split(" ");

export class BreakingPlugin implements StrategyPlugin {
  readonly name = "BreakingPlugin";

  beforeForward(strategy: BaseStrategy): void {
    const own = process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK ?? process.env.SLURM_PROCID;
    if (own === undefined || !ranks.split(",").includes(own) || strategy.clock.trainIterations !== Number(iteration))
      return;
    if (signal === "throw") throw new Error("made to fail");
    // As a native call that does not return.
    if (signal === "hang") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    if (signal === "run") spawnSync(command, words);
    else process.kill(process.pid, signal);
  }
}

export { BreakingPlugin as plugin };

export const options = {};
