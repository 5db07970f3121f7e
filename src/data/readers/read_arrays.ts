import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { readZip, type ZipEntry } from "../../core/archives/zip_reader.ts";
import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { readNpyRow } from "../decoders/npy_row_decoder.ts";
import type { ArrayLayout } from "../images/image_layout.ts";
import { readSampleArray, readTaskArray } from "./array_files.ts";
import { type ArrayPart, joinParts } from "./array_parts.ts";
import type { LabelledSamples, PendingSamples } from "./labelled_samples.ts";
import { MAX_NPY_HEADER_BYTES, type NpyArray, type NpyHeader, parseNpy, parseNpyHeader } from "./npy_reader.ts";
import { parseNpyTextHeader } from "./npy_text.ts";
import { readBytes, readStart } from "./read_bytes.ts";
import { readTargetFile } from "./target_arrays.ts";
import type { TargetPlan } from "./target_options.ts";

/** How arrays are read. */
export interface ArrayOptions {
  /** Where images have their channels; left out, the shape must tell. */
  readonly layout?: ArrayLayout | undefined;
  /** Arrays that make a sample together. Default: x alone. */
  readonly arrays?: readonly string[] | undefined;
  readonly plan: TargetPlan;
}

/**
 * Reads the samples in x.npy, their targets in y.npy, and their task labels in t.npy where it is there, of one folder.
 * @throws {Error} If a file cannot be read. {SyntaxError} If one is broken or does not fit the others.
 */
export async function readNpyFiles(
  folder: string,
  { layout, plan, hasTasks }: ArrayOptions & { readonly hasTasks: boolean },
): Promise<PendingSamples> {
  const [xPath, yPath, tPath] = [join(folder, "x.npy"), join(folder, "y.npy"), join(folder, "t.npy")];
  const read = async (path: string) => parseNpy(await readBytes(path), path);
  const header = parseNpyHeader(await readStart(xPath, MAX_NPY_HEADER_BYTES), xPath);
  const { shape } = header;
  const isWhole = shape.length > 1 && countElements(shape) > 0;
  // Whether it is clear which axis has the channels is known now.
  if (isWhole) readSampleArray(makeRow(shape.slice(1)), { subject: xPath, layout });
  const readKnown = async (rows: number) => {
    const targets = readTargetFile(await readBytes(yPath), { subject: yPath, rows, plan });
    const tasks = hasTasks ? readTaskArray(await read(tPath), { subject: tPath, rows }) : undefined;
    return { ...targets, ...omitUndefined({ tasks }) };
  };
  return {
    path: folder,
    bytes: countElements(header.shape) * (header.descr.endsWith("u1") ? 1 : Float32Array.BYTES_PER_ELEMENT),
    async load() {
      const { x, sampleShape, rows } = readSampleArray(await read(xPath), { subject: xPath, layout });
      return { path: folder, x, sampleShape, ...(await readKnown(rows)) };
    },
    async locate() {
      const { size } = await stat(xPath);
      assertReadable(xPath, header, size);
      const spec = { kind: "npyRows", file: xPath, header, layout } as const;
      const { x, sampleShape } = await readNpyRow(spec, 0);
      const located = { spec, digest: createHash("sha256").update(`x.npy\0${size}`).digest("hex") };
      const empty = x instanceof Uint8Array ? new Uint8Array(0) : new Float32Array(0);
      return { path: folder, x: empty, sampleShape, located, ...(await readKnown(header.shape[0] ?? 0)) };
    },
  };
}

/** An array of one sample of this shape. */
function makeRow(sampleShape: readonly number[]): NpyArray {
  return { shape: [1, ...sampleShape], data: new Uint8Array(countElements(sampleShape)) };
}

/** @throws {SyntaxRefusal} If the rows of an array cannot be read where they lie. */
function assertReadable(
  path: string,
  { shape, descr, start, fileBytes, isColumnMajor }: NpyHeader,
  size: number,
): void {
  if (fileBytes !== size) {
    const wanted = `shape [${shape.join(", ")}] of ${descr} needs ${fileBytes - start} bytes of data`;
    throw new SyntaxRefusal(`${path}: ${wanted}, got ${size - start}`);
  }
  if (!isColumnMajor || shape.length < 2) return;
  throw new SyntaxRefusal(
    `${path}: an array larger than the cache must be row-major (numpy.ascontiguousarray), got column-major`,
  );
}

/**
 * Reads samples of several arrays, each in a file of its name in one folder, and their targets and task labels.
 * @throws {Error} If a file cannot be read. {SyntaxError} If one is broken or does not fit the others.
 */
export async function readNpyParts(
  folder: string,
  { arrays, plan, hasTasks }: ArrayOptions & { readonly arrays: readonly string[]; readonly hasTasks: boolean },
): Promise<LabelledSamples> {
  const read = async (name: string): Promise<ArrayPart> => {
    const subject = join(folder, `${name}.npy`);
    return { subject, array: parseNpy(await readBytes(subject), subject) };
  };
  const parts: ArrayPart[] = [];
  for (const name of arrays) parts.push(await read(name));
  const { x, sampleShape, rows } = joinParts(parts);
  const yPath = join(folder, "y.npy");
  const targets = readTargetFile(await readBytes(yPath), { subject: yPath, rows, plan });
  const t = hasTasks ? await read("t") : undefined;
  const tasks = t && readTaskArray(t.array, { subject: t.subject, rows });
  return { path: folder, x, sampleShape, ...targets, ...omitUndefined({ tasks }) };
}

/**
 * Reads the arrays x and y of a .npz file, and task labels in t where it is there. Nothing else in it is unpacked.
 * @throws {Error} If it cannot be read. {SyntaxError} If it is broken, or an array is missing or does not fit.
 */
export async function readNpz(path: string, { layout, arrays, plan }: ArrayOptions): Promise<LabelledSamples> {
  const files = readZip(await readBytes(path), path);
  const subjectOf = (name: string) => `${path}, array ${name}`;
  const readEntry = <Read>(name: string, use: (entry: ZipEntry, subject: string) => Read): Read => {
    const entry = files.get(`${name}.npy`);
    if (entry) return use(entry, subjectOf(name));
    const names = [...files.keys()].map((file) => basename(file, ".npy")).join(", ");
    const wanted = `${(arrays ?? ["x"]).join(", ")} and y`;
    throw new SyntaxRefusal(`${path}: must have the arrays ${wanted}, got ${names.slice(0, 200) || "none"}`);
  };
  const read = (name: string) => readEntry(name, readNpzArray);
  const { x, sampleShape, rows } = arrays
    ? joinParts(arrays.map((name) => ({ subject: subjectOf(name), array: read(name) })))
    : readSampleArray(read("x"), { subject: subjectOf("x"), layout });
  const targets = readTargetFile(readEntry("y", readNpzBytes), { subject: subjectOf("y"), rows, plan });
  const tasks = files.has("t.npy") ? readTaskArray(read("t"), { subject: subjectOf("t"), rows }) : undefined;
  return { path, x, sampleShape, ...targets, ...omitUndefined({ tasks }) };
}

function readNpzArray(entry: ZipEntry, subject: string): NpyArray {
  return parseNpy(readNpzBytes(entry, subject), subject);
}

/** An array's header is read first: what it does not declare is never unpacked. */
function readNpzBytes(entry: ZipEntry, subject: string): Uint8Array {
  const start = entry.readStart(MAX_NPY_HEADER_BYTES);
  const { shape, descr, fileBytes } = parseNpyTextHeader(start, subject) ?? parseNpyHeader(start, subject);
  if (entry.size !== fileBytes) {
    const needs = `shape [${shape.join(", ")}] of ${descr} needs a file of ${fileBytes} bytes`;
    throw new SyntaxRefusal(`${subject}: ${needs}, got ${entry.size}`);
  }
  return entry.read();
}
