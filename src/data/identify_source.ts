import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { findOrCreate } from "../core/find_or_create.ts";
import { hashBytes } from "../core/hashing/hash_bytes.ts";
import type { DataSource } from "./data_source.ts";
import { hashRevisions } from "./store/hash_revisions.ts";
import { findDecoderSpec } from "./store/open_store.ts";
import type { StoredSource } from "./store/stored_source.ts";

/** Arrays that were hashed: nothing is written to them after a source was made, and sources may share them. */
const known = new WeakMap<ArrayBufferView, Uint8Array>();

/**
 * What the values that a model is given of a source's samples are known by, in another process too: a hash of the
 * samples and of what is done to them outside training, in hexadecimal. Targets and task labels do not belong to it.
 * Samples in files go by names, sizes and times of change.
 * @throws {RefusalError} If a file is gone; the message names it.
 */
export async function identifySource(source: DataSource): Promise<string> {
  const { x, sampleShape, rawShape, transforms, imageTransforms, stored } = source;
  const hash = createHash("sha256");
  const permuted = transforms.map((transform) =>
    transform.kind === "permute" ? { kind: transform.kind, order: toHex(hashOnce(transform.order)) } : transform,
  );
  const type = x instanceof Uint8Array ? "bytes" : "floats";
  hash.update(JSON.stringify([type, sampleShape, rawShape ?? null, permuted, imageTransforms?.evaluation ?? null]));
  if (source.imageSizes) hash.update(hashOnce(source.imageSizes));
  hash.update(stored ? await identifyStored(stored) : hashOnce(x));
  return hash.digest("hex");
}

async function identifyStored({ samples, places, digest }: StoredSource): Promise<string> {
  const [first = 0] = places;
  const order = toHex(hashBytes(places.map((place) => place - first)));
  const spec = findDecoderSpec(samples);
  return `${digest} ${order} ${spec ? await hashRevisions(spec, places) : ""}`;
}

function hashOnce(array: ArrayBufferView): Uint8Array {
  return findOrCreate(known, array, () => hashBytes(array));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
