import { createHash } from "node:crypto";
import { needs, SyntaxRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { createSharedFloat32, createSharedUint8 } from "../../core/shared/shared_memory.ts";
import { joinKeys } from "../csv/row_keys.ts";
import { type ArrayLayout, putChannelsLast } from "../images/image_layout.ts";
import { isTaskLabel, TASK_LABEL_WORDS } from "../transforms/label_tasks.ts";
import { joinLabels, type LabelTable, tabulateLabels } from "./label_table.ts";
import type { LabelledSamples, LocatedSamples, PendingSamples } from "./labelled_samples.ts";
import type { NpyArray } from "./npy_reader.ts";
import { assertSameTargets, joinTargets } from "./sample_targets.ts";

/** How an array of samples is read. */
export interface SampleArrayOptions {
  /** What messages begin with: the file. */
  readonly subject: string;
  /** Where images have their channels; left out, the shape must tell. */
  readonly layout: ArrayLayout | undefined;
  /** The number of the first row, for messages. Default: 0. */
  readonly firstRow?: number | undefined;
}

/**
 * Reads an array [rows, features], [rows, height, width], [rows, height, width, channels] or [rows, channels, height,
 * width] as samples with their channels last.
 * @throws {SyntaxRefusal} If it has no rows or another rank, or a value is not finite; the message names the row.
 *   {RangeRefusal} If it is not clear which axis holds the channels.
 */
export function readSampleArray(
  { shape, data }: NpyArray,
  { subject, layout, firstRow = 0 }: SampleArrayOptions,
): Pick<LabelledSamples, "x" | "sampleShape"> & { readonly rows: number } {
  const [rows = 0, ...sampleShape] = shape;
  if (shape.length < 2 || shape.length > 4 || countElements(shape) === 0) {
    const allowed = "[rows, features], [rows, height, width] or [rows, height, width, channels]";
    throw new SyntaxRefusal(`${subject}: samples must have the shape ${allowed}, got [${shape.join(", ")}]`);
  }
  const x = data instanceof Float64Array ? new Float32Array(data) : data;
  const astray = x instanceof Uint8Array ? -1 : x.findIndex((value) => !Number.isFinite(value));
  if (astray >= 0) {
    const row = firstRow + Math.floor(astray / countElements(sampleShape));
    throw new SyntaxRefusal(`${subject}, row ${row}: values must be finite float32 numbers, got ${data[astray]}`);
  }
  if (layout === "sequence") return { rows, x, sampleShape };
  const read = putChannelsLast({ x, sampleShape }, { layout, subject });
  return { rows, x: read.x, sampleShape: sampleShape.length === 2 ? [...sampleShape, 1] : read.sampleShape };
}

/**
 * Reads an array [rows] of labels, whole numbers of any size.
 * @throws {SyntaxRefusal} If its shape is another or a value is no such number; the message names the row.
 */
export function readLabelArray(
  { shape, data }: NpyArray,
  { subject, rows }: { readonly subject: string; readonly rows: number },
): LabelTable {
  if (shape.length !== 1 || shape[0] !== rows) {
    const allowed = `[${rows}], a label for each of ${rows} samples`;
    throw new SyntaxRefusal(`${subject}: labels must have the shape ${allowed}, got [${shape.join(", ")}]`);
  }
  // Beyond 2^53 two different labels may have become one number.
  const astray = data.findIndex((value) => !Number.isSafeInteger(value));
  if (astray < 0) return tabulateLabels(data, subject);
  throw new SyntaxRefusal(
    `${subject}, row ${astray}: the label must be a whole number within ±2^53, got ${data[astray]}`,
  );
}

/**
 * Reads an array [rows] of task labels.
 * @throws {SyntaxRefusal} If its shape is another or a value is no whole number from 0 on; the message names the row.
 */
export function readTaskArray(
  { shape, data }: NpyArray,
  { subject, rows }: { readonly subject: string; readonly rows: number },
): Int32Array {
  if (shape.length !== 1 || shape[0] !== rows) {
    const allowed = `[${rows}], a task label for each of ${rows} samples`;
    throw new SyntaxRefusal(`${subject}: task labels must have the shape ${allowed}, got [${shape.join(", ")}]`);
  }
  const astray = data.findIndex((value) => !isTaskLabel(value));
  if (astray < 0) return Int32Array.from(data);
  throw new SyntaxRefusal(`${subject}, row ${astray}: ${TASK_LABEL_WORDS}, got ${data[astray]}`);
}

/**
 * The samples of several files, one after another.
 * @throws {SyntaxError} If they differ in shape, some hold bytes and others do not, or some have task labels alone.
 */
export function joinArrays(path: string, parts: readonly LabelledSamples[]): LabelledSamples {
  const [first, ...others] = parts;
  if (!first) throw new SyntaxRefusal(needs(`${JSON.stringify(path)}`, "at least one file", 0));
  for (const part of others) assertSameKind(first, part);
  if (others.length === 0) return { ...first, path };
  const located = joinLocated(parts);
  const length = parts.reduce((sum, { x }) => sum + x.length, 0);
  const x = first.x instanceof Uint8Array ? createSharedUint8(length) : createSharedFloat32(length);
  let at = 0;
  for (const part of parts) {
    x.set(part.x, at);
    at += part.x.length;
  }
  const labels = joinLabels(
    parts.map((part) => part.labels),
    path,
  );
  const tasks = joinTasks(parts);
  const keys = joinKeys(parts.map((part) => part.keys));
  const joined = { path, x, sampleShape: first.sampleShape, labels, located, floatTargets: joinTargets(parts) };
  return { ...joined, ...omitUndefined({ tasks, keys }) };
}

/** Undefined where samples are in memory. */
function joinLocated(parts: readonly LabelledSamples[]): LocatedSamples | undefined {
  const digest = createHash("sha256");
  const located = parts.flatMap(({ located: own, labels }) => {
    digest.update(own?.digest ?? "");
    return own ? [{ rows: labels.places.length, spec: own.spec }] : [];
  });
  return located.length === 0 ? undefined : { spec: { kind: "joined", parts: located }, digest: digest.digest("hex") };
}

/** Samples of several files that are read together, or located together. */
export function joinPending(path: string, parts: readonly PendingSamples[]): PendingSamples {
  const each = async (read: (part: PendingSamples) => Promise<LabelledSamples>) => {
    const samples: LabelledSamples[] = [];
    // One after another: a file may be large.
    for (const part of parts) samples.push(await read(part));
    return joinArrays(path, samples);
  };
  return {
    path,
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    load: () => each((part) => part.load()),
    locate: () => each((part) => part.locate()),
  };
}

function joinTasks(parts: readonly LabelledSamples[]): Int32Array | undefined {
  const all = parts.flatMap(({ tasks }) => tasks ?? []);
  return all.length === 0 ? undefined : Int32Array.from(all.flatMap((tasks) => [...tasks]));
}

/**
 * @throws {SyntaxError} If `other` differs from `first` in shape, in the kind of its values or of its targets, or in
 * whether it has task labels.
 */
export function assertSameKind(first: LabelledSamples, other: LabelledSamples): void {
  const describe = ({ x, sampleShape, tasks }: LabelledSamples) =>
    `samples of shape [${sampleShape.join(", ")}] in ${x instanceof Uint8Array ? "bytes" : "floats"}${tasks ? " with task labels" : ""}`;
  if (describe(first) !== describe(other)) {
    const wanted = `${describe(first)}, as in ${JSON.stringify(first.path)}`;
    throw new SyntaxRefusal(`${other.path}: needs ${wanted}, got ${describe(other)}`);
  }
  assertSameTargets(first, other);
}
