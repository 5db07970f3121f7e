import { RefusalError } from "../../core/errors/errors.ts";

/** What a launcher's environment says of this process. */
export interface RankPlace {
  /** "Open MPI", "SLURM" … */
  readonly launcher: string;
  readonly rank: number;
  readonly size: number;
  /** How many ranks there are on this machine; undefined where the launcher does not say. */
  readonly localSize: number | undefined;
}

/** By which variables a launcher tells a process its place. */
interface LauncherVariables {
  readonly launcher: string;
  readonly rank: string;
  readonly size: string;
  readonly localSize?: string;
}

/** The launcher of MPI itself comes before the one that may have started it. */
const LAUNCHERS: readonly LauncherVariables[] = [
  {
    launcher: "Open MPI",
    rank: "OMPI_COMM_WORLD_RANK",
    size: "OMPI_COMM_WORLD_SIZE",
    localSize: "OMPI_COMM_WORLD_LOCAL_SIZE",
  },
  { launcher: "PMI", rank: "PMI_RANK", size: "PMI_SIZE", localSize: "MPI_LOCALNRANKS" },
  // Not SLURM_NTASKS: that is there in a batch script, too, which is one process.
  { launcher: "SLURM", rank: "SLURM_PROCID", size: "SLURM_STEP_NUM_TASKS" },
  { launcher: "RANK and WORLD_SIZE", rank: "RANK", size: "WORLD_SIZE", localSize: "LOCAL_WORLD_SIZE" },
];

/** Variables of an environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Which of how many processes this is, by the environment that its launcher made. Undefined for a single process.
 * @throws {RefusalError} If the variables of a launcher contradict each other, or those of two launchers do.
 */
export function readRankPlace(environment: Environment): RankPlace | undefined {
  const places = LAUNCHERS.flatMap((variables) => readPlace(environment, variables) ?? []);
  const [place, ...others] = places.filter(({ size }) => size > 1);
  const other = others.find(({ rank, size }) => rank !== place?.rank || size !== place.size);
  if (place && other) {
    throw new RefusalError(
      `${place.launcher} says that this is rank ${place.rank} of ${place.size}, ${other.launcher} rank ${other.rank} of ${other.size}: start with one launcher`,
    );
  }
  return place;
}

function readPlace(environment: Environment, variables: LauncherVariables): RankPlace | undefined {
  const { launcher } = variables;
  const [rank, size] = [environment[variables.rank], environment[variables.size]];
  if (size === undefined || rank === undefined) return undefined;
  const place = {
    launcher,
    rank: parseCount(variables.rank, rank),
    size: parseCount(variables.size, size),
    localSize: variables.localSize === undefined ? undefined : readCount(environment, variables.localSize),
  };
  if (place.rank >= place.size) {
    throw new RefusalError(`${variables.rank} must be below ${variables.size}, ${size}, got ${rank}`);
  }
  return place;
}

function readCount(environment: Environment, name: string): number | undefined {
  const text = environment[name];
  return text === undefined ? undefined : parseCount(name, text);
}

function parseCount(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new RefusalError(`${name} must be a whole number, got ${JSON.stringify(text)}`);
}
