import { RangeRefusal } from "../../core/errors/errors.ts";
import type { CheckpointFolder } from "../checkpoints/checkpoint_folder.ts";
import type { RunCheckpoint } from "../checkpoints/run_checkpoint.ts";
import type { RunDirectory } from "../run_directory.ts";
import { type ModelJudge, WentBackError } from "./model_judge.ts";

/** A run between two experiences. */
export interface JudgedRun {
  /** Where it is: before the next experience. */
  readonly present: RunCheckpoint;
  readonly directory: Pick<RunDirectory, "accepted" | "checkpoints">;
  /** Plugins that watch the run, by name: what they have seen stays true. */
  readonly watching: readonly string[];
}

/**
 * Asks a judge for its word on the newest model. A run whose model is accepted keeps its state; another one goes back
 * to the last state that it has kept, and trains what came since once more, together with the next experience. Where it
 * has kept none, it goes on from where it is.
 * @throws {WentBackError} If it went back: its newest checkpoint is where it goes on.
 */
export async function heedJudge(
  { listAccepted, onRefusal }: ModelJudge,
  { present, directory: { accepted, checkpoints }, watching }: JudgedRun,
): Promise<void> {
  const refused = readLast(present);
  const allowed = await listAccepted(refused);
  if (allowed.includes(refused)) {
    if (!(await findKept(accepted, [refused]))) await accepted.save(present);
    return;
  }
  const kept = await findKept(accepted, allowed);
  const from = kept && readLast(kept);
  const again = from === undefined ? [] : present.experiences.slice(from + 1).map(({ index }) => index);
  const going = { refused, next: refused + 1, from, again };
  onRefusal?.(going);
  if (!kept) return;
  await checkpoints.save(mergeCheckpoints(present, kept, { again, watching }));
  throw new WentBackError(going);
}

function readLast({ experiences }: RunCheckpoint): number {
  return experiences.length - 1;
}

/** The newest state that is kept of one of these experiences. */
async function findKept(accepted: CheckpointFolder, wanted: readonly number[]): Promise<RunCheckpoint | undefined> {
  const { checkpoint } = await accepted.findNewest((kept) => {
    const experience = readLast(kept);
    if (!wanted.includes(experience)) throw new RangeRefusal(`it is of experience ${experience}`);
  });
  return checkpoint;
}

/** What was learnt is that of the kept state; what was measured and counted is that of now. */
function mergeCheckpoints(
  present: RunCheckpoint,
  kept: RunCheckpoint,
  { again, watching }: { readonly again: readonly number[]; readonly watching: readonly string[] },
): RunCheckpoint {
  const [now, then] = [present.place.now, kept.place.now];
  const plugins = then.plugins.map((plugin, i) =>
    watching.includes(plugin.name) ? (now.plugins[i] ?? plugin) : plugin,
  );
  const { parametersHash, model } = kept;
  return {
    ...present,
    parametersHash,
    ...(model ? { model } : {}),
    place: { kind: "before", now: { ...then, clock: now.clock, evaluator: now.evaluator, plugins } },
    again,
  };
}
