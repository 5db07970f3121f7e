import { basename, join } from "node:path";
import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { ImageLayout } from "../images/image_layout.ts";
import { readSampleArray, readTaskArray } from "./array_files.ts";
import type { LabelledSamples } from "./labelled_samples.ts";
import { MAX_NPY_HEADER_BYTES, type NpyArray, parseNpy, parseNpyHeader } from "./npy_reader.ts";
import { readBytes } from "./read_bytes.ts";
import { readTargetArray } from "./target_arrays.ts";
import type { TargetPlan } from "./target_options.ts";
import { readZip, type ZipEntry } from "./zip_reader.ts";

/** How arrays are read. */
export interface ArrayOptions {
  /** Where images have their channels; left out, the shape must tell. */
  readonly layout?: ImageLayout | undefined;
  readonly plan: TargetPlan;
}

/**
 * Reads the samples in x.npy, their targets in y.npy, and their task labels in t.npy where it is there, of one folder.
 * @throws {Error} If a file cannot be read. {SyntaxError} If one is broken or does not fit the others.
 */
export async function readNpyFiles(
  folder: string,
  { layout, plan, hasTasks }: ArrayOptions & { readonly hasTasks: boolean },
): Promise<LabelledSamples> {
  const [xPath, yPath, tPath] = [join(folder, "x.npy"), join(folder, "y.npy"), join(folder, "t.npy")];
  const read = async (path: string) => parseNpy(await readBytes(path), path);
  const { x, sampleShape, rows } = readSampleArray(await read(xPath), { subject: xPath, layout });
  const targets = readTargetArray(await read(yPath), { subject: yPath, rows, plan });
  const tasks = hasTasks ? readTaskArray(await read(tPath), { subject: tPath, rows }) : undefined;
  return { path: folder, x, sampleShape, ...targets, ...omitUndefined({ tasks }) };
}

/**
 * Reads the arrays x and y of a .npz file, and task labels in t where it is there. Nothing else in it is unpacked.
 * @throws {Error} If it cannot be read. {SyntaxError} If it is broken, or an array is missing or does not fit.
 */
export async function readNpz(path: string, { layout, plan }: ArrayOptions): Promise<LabelledSamples> {
  const files = readZip(await readBytes(path), path);
  const subjectOf = (name: string) => `${path}, array ${name}`;
  const read = (name: string) => {
    const entry = files.get(`${name}.npy`);
    if (entry) return readNpzArray(entry, subjectOf(name));
    const names = [...files.keys()].map((file) => basename(file, ".npy")).join(", ");
    throw new SyntaxRefusal(`${path}: must have the arrays x and y, got ${names.slice(0, 200) || "none"}`);
  };
  const { x, sampleShape, rows } = readSampleArray(read("x"), { subject: subjectOf("x"), layout });
  const targets = readTargetArray(read("y"), { subject: subjectOf("y"), rows, plan });
  const tasks = files.has("t.npy") ? readTaskArray(read("t"), { subject: subjectOf("t"), rows }) : undefined;
  return { path, x, sampleShape, ...targets, ...omitUndefined({ tasks }) };
}

/** An array's header is read first: what it does not declare is never unpacked. */
function readNpzArray(entry: ZipEntry, subject: string): NpyArray {
  const { shape, descr, fileBytes } = parseNpyHeader(entry.readStart(MAX_NPY_HEADER_BYTES), subject);
  if (entry.size !== fileBytes) {
    const needs = `shape [${shape.join(", ")}] of ${descr} needs a file of ${fileBytes} bytes`;
    throw new SyntaxRefusal(`${subject}: ${needs}, got ${entry.size}`);
  }
  return parseNpy(entry.read(), subject);
}
