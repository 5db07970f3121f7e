import { createHash } from "node:crypto";
import { z } from "zod";
import { describeIssue } from "../../core/errors/describe_issue.ts";
import { describeValue, RangeRefusal, SyntaxRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { type WeightsFile, weightsFileSchema } from "../../models/weights_file.ts";
import { type FindWeight, type KnownWeights, type LeftOut, leaveOut, leftOutSchema, putBack } from "./left_out.ts";
import { decodeSafetensors, encodeSafetensors, LENGTH_BYTES, type TensorArray } from "./safetensors.ts";
import { flattenState, type Shorten, unflattenState } from "./state_tree.ts";

/** Of the file format; docs/checkpoints.md describes it. */
const CHECKPOINT_VERSION = "2";
/** Of files that leave weights out which stand in the file that the model came from. */
const VERSION_WITHOUT_WEIGHTS = "3";

const FORMAT = "firn-checkpoint";
/** Where the header begins, the checksum before anything else, so that it is found without trusting the rest. */
const BEFORE_CHECKSUM = '{"__metadata__":{"sha256":"';
const CHECKSUM_START = LENGTH_BYTES + BEFORE_CHECKSUM.length;
const CHECKSUM_LENGTH = 64;
const NO_CHECKSUM = "0".repeat(CHECKSUM_LENGTH);

/**
 * Writes a tree of saved state as one file: safetensors with the plain part as a JSON document in the metadata, and a
 * SHA-256 over the whole file as it is with 64 zeros in the checksum's place.
 * @param known Weights that stand in a file, which is named in their place. Default: none.
 * @throws {TypeError} If the tree holds something that cannot be saved, with where.
 */
export function encodeCheckpoint(state: unknown, known?: KnownWeights): Uint8Array<ArrayBuffer> {
  const leftOut: Record<string, LeftOut> = {};
  const shorten: Shorten = (array, name) => {
    const short = known && array instanceof Float32Array ? leaveOut(array, known) : undefined;
    if (short) leftOut[name] = short.leftOut;
    return short?.kept ?? array;
  };
  const { document, tensors } = flattenState(state, shorten);
  const isShort = known && Object.keys(leftOut).length > 0;
  const metadata = {
    sha256: NO_CHECKSUM,
    format: FORMAT,
    version: isShort ? VERSION_WITHOUT_WEIGHTS : CHECKPOINT_VERSION,
    document: JSON.stringify(document),
    ...(isShort ? { weights: JSON.stringify({ file: known.origin.file, leftOut }) } : {}),
  };
  const bytes = encodeSafetensors({ metadata, tensors });
  bytes.set(new TextEncoder().encode(hashWithoutChecksum(bytes)), CHECKSUM_START);
  return bytes;
}

/** A checkpoint whose bytes are whole. */
export interface OpenedCheckpoint {
  /** The file that holds the weights which it leaves out; undefined where it leaves none out. */
  readonly weightsFile: WeightsFile | undefined;
  /**
   * The state.
   * @param find The weights of that file by their names.
   * @throws {RangeError} If it leaves out a weight that is not found, or is of another length.
   */
  read(find?: FindWeight): SavedState;
}

/**
 * Reads a checkpoint that holds all of its state.
 * @throws {SyntaxError} If the bytes are no checkpoint, or any of them was changed.
 * @throws {RangeError} If it is a checkpoint of another version, or leaves weights out.
 */
export function decodeCheckpoint(bytes: Uint8Array): SavedState {
  return openCheckpoint(bytes).read();
}

/**
 * Reads what `encodeCheckpoint` wrote.
 * @throws {SyntaxError} If the bytes are no checkpoint, or any of them was changed.
 * @throws {RangeError} If it is a checkpoint of another version.
 */
export function openCheckpoint(bytes: Uint8Array): OpenedCheckpoint {
  if (readText(bytes, LENGTH_BYTES, CHECKSUM_START) !== BEFORE_CHECKSUM) {
    throw new SyntaxRefusal(`no checkpoint: ${describeBeginning(bytes)}`);
  }
  const stated = readText(bytes, CHECKSUM_START, CHECKSUM_START + CHECKSUM_LENGTH);
  if (stated !== hashWithoutChecksum(bytes)) {
    throw new SyntaxRefusal("damaged checkpoint: its bytes do not have the checksum that it states");
  }
  const { metadata, tensors } = decodeSafetensors(bytes);
  const { format, version, document } = metadata;
  if (format !== FORMAT) throw new SyntaxRefusal(`format must be ${FORMAT}, got ${describeValue(format)}`);
  if (version !== CHECKPOINT_VERSION && version !== VERSION_WITHOUT_WEIGHTS) {
    const wanted = `the checkpoint must be of version "${CHECKPOINT_VERSION}" or "${VERSION_WITHOUT_WEIGHTS}"`;
    throw new RangeRefusal(`${wanted}, got ${describeValue(version)}: another version of Firn wrote it`);
  }
  const weights = version === CHECKPOINT_VERSION ? undefined : parseWeights(metadata.weights);
  return {
    weightsFile: weights?.file,
    read: (find = () => undefined) => {
      const whole = weights ? putAllBack(tensors, weights, find) : tensors;
      return unflattenState({ document: parseJSON("document", document), tensors: whole });
    },
  };
}

function parseJSON(what: string, text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch (cause) {
    throw new SyntaxRefusal(`the checkpoint's ${what}: not JSON`, { cause });
  }
}

const weightsSchema = z.strictObject({ file: weightsFileSchema, leftOut: z.record(z.string(), leftOutSchema) });

function parseWeights(text: string | undefined): z.infer<typeof weightsSchema> {
  const json = parseJSON("weights", text);
  const { data, error } = weightsSchema.safeParse(json);
  if (data) return data;
  throw new TypeRefusal(`the checkpoint's weights: ${describeIssue(error, json)}`);
}

function putAllBack(
  tensors: ReadonlyMap<string, TensorArray>,
  { file, leftOut }: z.infer<typeof weightsSchema>,
  find: FindWeight,
): ReadonlyMap<string, TensorArray> {
  const whole = new Map(tensors);
  for (const [name, parts] of Object.entries(leftOut)) {
    const kept = tensors.get(name);
    if (!(kept instanceof Float32Array)) throw new SyntaxRefusal(`the checkpoint's weights name no vector ${name}`);
    whole.set(name, putBack(kept, parts, { find, subject: file.path }));
  }
  return whole;
}

function hashWithoutChecksum(bytes: Uint8Array): string {
  return createHash("sha256")
    .update(bytes.subarray(0, CHECKSUM_START))
    .update(NO_CHECKSUM)
    .update(bytes.subarray(CHECKSUM_START + CHECKSUM_LENGTH))
    .digest("hex");
}

/** What somebody sees who opens the file in an editor. */
function describeBeginning(bytes: Uint8Array): string {
  if (bytes.length === 0) return "it is empty";
  return `it begins with ${describeValue(new TextDecoder().decode(bytes.subarray(0, CHECKSUM_START)))}`;
}

/** Latin-1, so that any byte is a character and none is lost. */
function readText(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}
