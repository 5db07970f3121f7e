import { hostname } from "node:os";
import process from "node:process";
import { ElasticRefusal, type JoinOptions, joinRanks } from "../../cluster/ranks/join_ranks.ts";
import { LostRankError } from "../../cluster/ranks/lost_rank_error.ts";
import { readRankPlace } from "../../cluster/ranks/rank_place.ts";
import type { Ranks } from "../../cluster/ranks/ranks.ts";
import { describeCause } from "../../core/errors/errors.ts";
import { formatAsLine } from "../../core/errors/printable.ts";
import { VERSION } from "../../core/version.ts";
import type { CliContext } from "../cli_context.ts";
import { exitStatusOf, refuse, SilentExit } from "../cli_error.ts";
import { EXIT_STATUS } from "../exit_status.ts";
import type { TrainConfig } from "./config/train_config.ts";
import { RankLog } from "./rank_log.ts";

/** What a command is given that several processes may run together. */
export interface RankedContext extends CliContext {
  readonly ranks: Ranks;
  /** Called once the folder of the run is known. */
  readonly openLog: (folder: string) => void;
}

/**
 * Runs a command together with the other ranks of an MPI launcher, if there are any. Rank 0 has the terminal; the
 * others write a log, and end without a word where rank 0 tells what happened.
 */
export async function withRanks(
  context: CliContext,
  options: Pick<JoinOptions, "threads" | "elastic" | "silenceTimeoutMs">,
  run: (context: RankedContext) => Promise<void>,
): Promise<void> {
  const ranks = await refuse(() => join(options));
  if (ranks.size === 1) return run({ ...context, ranks, openLog: () => {} });
  const { signal } = context;
  const ask = () => ranks.requestStop(signal.reason);
  if (signal.aborted) ask();
  else signal.addEventListener("abort", ask, { once: true });
  const log = new RankLog(ranks.rank);
  const own = ranks.isFirst ? {} : { stdout: log, stderr: log };
  let failure: unknown;
  try {
    log.write(`rank ${ranks.rank} of ${ranks.size}: process ${process.pid} on ${hostname()}\n`);
    const openLog = (folder: string) => (ranks.isFirst ? undefined : log.open(folder));
    await run({ ...context, ...own, ranks, openLog, signal: ranks.stopSignal });
  } catch (thrown) {
    failure = thrown;
    const isLost = thrown instanceof LostRankError;
    if (isLost && (ranks.isFirst || isToldBy(ranks.rank, thrown))) {
      // Now, as the launcher may end all ranks within a second.
      context.stderr.write(`${formatAsLine(thrown.message)}\n`);
      throw new SilentExit(exitStatusOf(thrown), { cause: thrown });
    }
    if (ranks.isFirst) throw thrown;
    log.write(`${describeCause(thrown)}\n`);
    const isTold = await ranks.close(thrown);
    // Rank 0 never hears of it: nobody else would say it.
    if (!isTold && !isLost && !ranks.isShared(thrown)) throw thrown;
    // A launcher ends the others at the first status that is not 0, and rank 0 may still have to say what happened.
    throw new SilentExit(EXIT_STATUS.done, { cause: thrown });
  } finally {
    await ranks.close(failure);
  }
}

/** @throws {SilentExit} In the place of what all ranks refuse alike, on all but the first. */
async function join(options: JoinOptions): Promise<Ranks> {
  try {
    return await joinRanks(options);
  } catch (cause) {
    const rank = cause instanceof ElasticRefusal ? (readRankPlace(process.env)?.rank ?? 0) : 0;
    throw rank > 0 ? new SilentExit(EXIT_STATUS.done, { cause }) : cause;
  }
}

/** Of a lost rank 0, the next one tells. */
function isToldBy(rank: number, thrown: unknown): boolean {
  return rank === 1 && thrown instanceof LostRankError && thrown.message.startsWith("rank 0 ");
}

/** @throws {RefusalError} If ranks were started with other programs or options, or with other defaults. */
export async function assertAlike(ranks: Ranks, { workers: _, devices: __, ...config }: TrainConfig): Promise<void> {
  const runtime = process.versions.bun ? `Bun ${process.versions.bun}` : `Deno ${process.versions.deno}`;
  await ranks.assertSame("program", `Firn ${VERSION} in ${runtime}`);
  await ranks.assertSame("options", JSON.stringify(config));
}
