import { availableParallelism } from "node:os";
import process from "node:process";
import { RefusalError } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, objectLike, wholeNumber } from "../../core/options/value_rules.ts";
import type { LostRankError } from "./lost_rank_error.ts";
import { openMpi } from "./mpi/find_mpi.ts";
import { MpiExchange } from "./mpi/mpi_exchange.ts";
import { DEFAULT_RANK_SILENCE_MS } from "./rank_patience.ts";
import { type Environment, type RankPlace, readRankPlace } from "./rank_place.ts";
import { RankWatch } from "./rank_watch.ts";
import { Ranks } from "./ranks.ts";

/** How a process joins the others. */
export interface JoinOptions {
  /** Default: the process's own. */
  readonly environment?: Environment;
  /** Threads that compute in each rank. Default: 1. */
  readonly threads?: number;
  /**
   * True where the others go on if a rank is lost, other than rank 0: with Open MPI 5, started by
   * `mpirun --with-ft ulfm`. Default: false, a lost rank ends the job.
   */
  readonly elastic?: boolean;
  /**
   * How long another rank may show no sign of life before it is lost. A rank that computes in its main thread shows
   * none meanwhile: it has twenty times as long as its slowest computation took so far, if that is longer, and ten
   * minutes for the first one, unless less than by default is asked for. Default: 120,000.
   */
  readonly silenceTimeoutMs?: number;
}

/** Ranks cannot go on without one that is lost. All ranks refuse it alike. */
export class ElasticRefusal extends RefusalError {
  override readonly name = "ElasticRefusal";
}

const JOIN_RULES: OptionRules<JoinOptions> = {
  environment: objectLike("variables such as process.env"),
  threads: wholeNumber(1),
  elastic: flag(),
  silenceTimeoutMs: wholeNumber(1000, 86_400_000),
};

/**
 * Joins the other processes of an MPI launcher (mpirun, srun); a process that was started alone is the only rank.
 * All ranks call it, once.
 * @throws {RefusalError} If the launcher and the library do not belong together, or the environment contradicts itself.
 * @throws {ElasticRefusal} If the job is to go on without a rank that is lost, and this MPI cannot.
 * @throws {NotInstalledError} If there are other ranks, but no MPI.
 * @example
 * await using ranks = await joinRanks();
 * await using strategy = new Naive({ model, optimizer, cluster: { workers: 2, ranks } });
 */
export async function joinRanks(options: JoinOptions = {}): Promise<Ranks> {
  const joined = await joinByMpi(options);
  const { elastic = false, silenceTimeoutMs = DEFAULT_RANK_SILENCE_MS } = options;
  if (!joined && elastic) throw new ElasticRefusal("--elastic requires several ranks: mpirun --with-ft ulfm -np 4 …");
  if (!joined) return Ranks.single();
  const { exchange, place } = joined;
  const watch = await RankWatch.start(exchange, {
    isLocal: place.localSize === place.size,
    silenceTimeoutMs,
    onLost: (error) => exchange.breakOff(error),
    ...(elastic ? { onGone: (rank: number, error: LostRankError) => exchange.suspect(rank, error) } : {}),
  });
  const ranks = new Ranks(exchange, watch);
  exchange.followLosses((lost) => {
    for (const rank of lost) {
      watch.forget(rank);
      ranks.noteLoss({ rank, name: watch.describe(rank), left: exchange.size });
    }
  });
  return ranks;
}

/** The same without a watch over the others. Undefined for a process that was started alone. */
export async function joinByMpi(
  options: JoinOptions = {},
): Promise<{ readonly exchange: MpiExchange; readonly place: RankPlace } | undefined> {
  assertOptions("joinRanks()", options, JOIN_RULES);
  const { environment = process.env, threads = 1, elastic: isElastic = false } = options;
  const { silenceTimeoutMs = DEFAULT_RANK_SILENCE_MS } = options;
  const place = readRankPlace(environment);
  if (!place) return undefined;
  const { file } = await openMpi(environment);
  const isCrowded = (place.localSize ?? 1) * (1 + threads) > availableParallelism();
  const exchange = await MpiExchange.begin({ file, isCrowded, isElastic, silenceTimeoutMs });
  if (exchange.size !== place.size || exchange.rank !== place.rank) {
    await exchange.close();
    throw new RefusalError(describeMismatch(place, exchange, file));
  }
  if (exchange.ulfmLack !== undefined) {
    await exchange.close();
    throw new ElasticRefusal(`--elastic ${exchange.ulfmLack}`);
  }
  return { exchange, place };
}

function describeMismatch(place: RankPlace, exchange: MpiExchange, file: string): string {
  const said = `${place.launcher} says that this is rank ${place.rank} of ${place.size}`;
  const found = `${exchange.version} (${file}) sees rank ${exchange.rank} of ${exchange.size}`;
  const cure =
    place.launcher === "SLURM"
      ? "start with srun --mpi=pmix, or --mpi=pmi2 for MPICH"
      : "start with that library's own mpiexec, or name the launcher's in FIRN_MPI_LIBRARY";
  return `${said}, but ${found}: ${cure}`;
}
