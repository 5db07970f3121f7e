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
  /** Lists the ranks of this machine: "2,3". */
  readonly localTasks?: string;
}

const SLURM = "SLURM";

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
  { launcher: SLURM, rank: "SLURM_PROCID", size: "SLURM_STEP_NUM_TASKS", localTasks: "SLURM_GTIDS" },
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
  const isDaemon = isOfDaemons(environment);
  const [place, ...others] = places.filter(
    ({ launcher, size }, i) => size > 1 && !(i > 0 && launcher === SLURM && isDaemon),
  );
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
    localSize: readLocalSize(environment, variables),
  };
  if (place.rank >= place.size) {
    throw new RefusalError(`${variables.rank} must be below ${variables.size}, ${size}, got ${rank}`);
  }
  return place;
}

/**
 * Whether SLURM has started one process a node: a launcher of MPI starts its daemons so, from which ranks inherit
 * SLURM's variables.
 */
function isOfDaemons({ SLURM_STEP_NUM_TASKS: tasks, SLURM_STEP_NUM_NODES: nodes }: Environment): boolean {
  return tasks !== undefined && tasks === nodes;
}

function readLocalSize(environment: Environment, { localSize, localTasks }: LauncherVariables): number | undefined {
  const [size, tasks] = [localSize, localTasks].map((name) => (name === undefined ? undefined : environment[name]));
  if (localSize !== undefined && size !== undefined) return parseCount(localSize, size);
  return tasks?.split(",").length;
}

function parseCount(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new RefusalError(`${name} must be a whole number, got ${JSON.stringify(text)}`);
}
