import { createHash } from "node:crypto";
import { describeValue, RangeRefusal, SyntaxRefusal } from "../../core/errors/errors.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { decodeSafetensors, encodeSafetensors, LENGTH_BYTES } from "./safetensors.ts";
import { flattenState, unflattenState } from "./state_tree.ts";

/** Of the file format; docs/checkpoints.md describes it. */
const CHECKPOINT_VERSION = 2;

const FORMAT = "firn-checkpoint";
/** Where the header begins, the checksum before anything else, so that it is found without trusting the rest. */
const BEFORE_CHECKSUM = '{"__metadata__":{"sha256":"';
const CHECKSUM_START = LENGTH_BYTES + BEFORE_CHECKSUM.length;
const CHECKSUM_LENGTH = 64;
const NO_CHECKSUM = "0".repeat(CHECKSUM_LENGTH);

/**
 * Writes a tree of saved state as one file: safetensors with the plain part as a JSON document in the metadata, and a
 * SHA-256 over the whole file as it is with 64 zeros in the checksum's place.
 * @throws {TypeError} If the tree holds something that cannot be saved, with where.
 */
export function encodeCheckpoint(state: unknown): Uint8Array<ArrayBuffer> {
  const { document, tensors } = flattenState(state);
  const metadata = {
    sha256: NO_CHECKSUM,
    format: FORMAT,
    version: String(CHECKPOINT_VERSION),
    document: JSON.stringify(document),
  };
  const bytes = encodeSafetensors({ metadata, tensors });
  bytes.set(new TextEncoder().encode(hashWithoutChecksum(bytes)), CHECKSUM_START);
  return bytes;
}

/**
 * Reads what `encodeCheckpoint` wrote.
 * @throws {SyntaxError} If the bytes are no checkpoint, or any of them was changed.
 * @throws {RangeError} If it is a checkpoint of another version.
 */
export function decodeCheckpoint(bytes: Uint8Array): SavedState {
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
  if (version !== String(CHECKPOINT_VERSION)) {
    const wanted = `the checkpoint must be of version "${CHECKPOINT_VERSION}"`;
    throw new RangeRefusal(`${wanted}, got ${describeValue(version)}: another version of Firn wrote it`);
  }
  return unflattenState({ document: parseDocument(document), tensors });
}

function parseDocument(document: string | undefined): unknown {
  try {
    return JSON.parse(document ?? "");
  } catch (cause) {
    throw new SyntaxRefusal("the checkpoint's document is not JSON", { cause });
  }
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
