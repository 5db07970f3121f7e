import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { describeIssue } from "../../core/errors/describe_issue.ts";
import { describeCause, RefusalError, TypeRefusal } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";
import { hashParameters } from "../../core/hashing/hash_parameters.ts";
import { type ParameterLayout, viewEntry } from "../../core/parameter_layout.ts";
import type { WeightsFile, WeightsOrigin } from "../../models/weights_file.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../checkpoints/checkpoint_codec.ts";
import { WeightsFileRefusal } from "../checkpoints/weights_file_refusal.ts";
import { assertRegularFile } from "../read_run_files.ts";
import { FROZEN_WEIGHTS_FILE } from "../run_files.ts";

/** What a file gives to the model that is made from it. */
export interface FileWeights {
  readonly origin: WeightsOrigin;
  /** Weights that are not trained, by their names in the layout of the state. */
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** Fewer values than these stand in every checkpoint. */
export const LEAST_KEPT_VALUES = 2 ** 14;

const keptSchema = z.strictObject({
  kind: z.literal("weights"),
  version: z.literal(1),
  weights: z.record(z.string(), z.instanceof(Float32Array)),
});

/** A model's layer state: weights that are not trained, and moving statistics. */
interface LayerState {
  /** [Q] */
  readonly state: Float32Array;
  readonly layout: ParameterLayout;
}

/**
 * A file for a run's folder with the layer state as it is now, so that its checkpoints need not hold what stays so: for
 * models that came from no file which a run could name.
 * @returns Undefined where that is not worth a file.
 */
export function encodeKeptWeights({
  state,
  layout,
}: LayerState): { readonly bytes: Uint8Array<ArrayBuffer>; readonly origin: WeightsOrigin } | undefined {
  if (state.length < LEAST_KEPT_VALUES) return undefined;
  const weights = Object.fromEntries(layout.entries.map((entry) => [entry.name, viewEntry(state, entry)]));
  return { bytes: encodeCheckpoint({ kind: "weights", version: 1, weights }), origin: describeOrigin(weights) };
}

function describeOrigin(weights: Readonly<Record<string, Float32Array>>): WeightsOrigin {
  const hashes = Object.entries(weights).map(([name, values]) => [name, hashParameters(values)] as const);
  const sha256 = createHash("sha256")
    .update(JSON.stringify(hashes.toSorted(byName)))
    .digest("hex");
  return { file: { kind: "kept", path: FROZEN_WEIGHTS_FILE, sha256, options: {} }, hashes: new Map(hashes) };
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

/**
 * Reads that file, which lies in the folder of a run.
 * @param wanted What a checkpoint says of it. Default: whatever it holds.
 * @throws {WeightsFileRefusal} If it is missing, damaged or another one.
 */
export async function readKeptWeights(folder: string, wanted?: WeightsFile): Promise<FileWeights> {
  const path = join(folder, FROZEN_WEIGHTS_FILE);
  const subject = `the weights that are not trained stand in ${path}`;
  try {
    const bytes = await withFileNamed(path, async () => {
      await assertRegularFile(path);
      return readFile(path);
    });
    const state = decodeCheckpoint(bytes);
    const { data, error } = keptSchema.safeParse(state);
    if (!data) throw new TypeRefusal(describeIssue(error, state));
    const origin = describeOrigin(data.weights);
    if (wanted && origin.file.sha256 !== wanted.sha256) {
      throw new WeightsFileRefusal(`${subject}, which holds those of another run: put back the file as it was`);
    }
    return { origin, values: new Map(Object.entries(data.weights)) };
  } catch (cause) {
    if (!(cause instanceof RefusalError) || cause instanceof WeightsFileRefusal) throw cause;
    throw new WeightsFileRefusal(`${subject}, which cannot be used: ${describeCause(cause)}`, { cause });
  }
}

/** The folder of the run that a checkpoint belongs to. */
export function findRunFolder(checkpoint: string): string {
  return dirname(dirname(checkpoint));
}
