/** A plugin that ends its process, has it told to stop, or falls silent, on one rank of an MPI launcher at one iteration. */
import process from "node:process";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";

/** Read from FIRN_BREAK, so that a run that goes on is not broken again: "1 7 SIGKILL". */
const [rank, iteration, signal = ""] = (process.env.FIRN_BREAK ?? "").split(" ");

export class BreakingPlugin implements StrategyPlugin {
  readonly name = "BreakingPlugin";

  beforeForward(strategy: BaseStrategy): void {
    const own = process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK ?? process.env.SLURM_PROCID;
    if (own !== rank || strategy.clock.trainIterations !== Number(iteration)) return;
    if (signal === "throw") throw new Error("made to fail");
    // As a native call that does not return.
    if (signal === "hang") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    process.kill(process.pid, signal);
  }
}

export { BreakingPlugin as plugin };

export const options = {};
