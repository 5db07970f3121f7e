import { basename, join } from "node:path";
import { SyntaxRefusal } from "../../core/errors/errors.ts";
import type { ImageLayout } from "../images/image_layout.ts";
import { readSampleArray } from "./array_files.ts";
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
 * Reads the samples in x.npy and their targets in y.npy, of one folder.
 * @throws {Error} If a file cannot be read. {SyntaxError} If one is broken or does not fit the other.
 */
export async function readNpyPair(folder: string, { layout, plan }: ArrayOptions): Promise<LabelledSamples> {
  const [xPath, yPath] = [join(folder, "x.npy"), join(folder, "y.npy")];
  const read = async (path: string) => parseNpy(await readBytes(path), path);
  const { x, sampleShape, rows } = readSampleArray(await read(xPath), { subject: xPath, layout });
  return { path: folder, x, sampleShape, ...readTargetArray(await read(yPath), { subject: yPath, rows, plan }) };
}

/**
 * Reads the arrays x and y of a .npz file. Nothing else in it is unpacked.
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
  return { path, x, sampleShape, ...readTargetArray(read("y"), { subject: subjectOf("y"), rows, plan }) };
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
