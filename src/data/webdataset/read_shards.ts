import { createHash } from "node:crypto";
import { basename, extname } from "node:path";
import { elementAt } from "../../core/element_at.ts";
import { describeValue, SyntaxRefusal } from "../../core/errors/errors.ts";
import type { CsvColumns } from "../csv/csv_columns.ts";
import { FileRanges } from "../decoders/file_ranges.ts";
import { decodeImage, type ImageOutline, readImageOutline } from "../images/decode_image.ts";
import { IMAGE_EXTENSIONS } from "../images/image_format.ts";
import { OutlineCollector, type SizeChoice } from "../images/outline_collector.ts";
import type { WantedSize } from "../images/resize_image.ts";
import { joinArrays } from "../readers/array_files.ts";
import type { LabelledSamples, PendingSamples } from "../readers/labelled_samples.ts";
import { loadLocated, settleLocated } from "../readers/load_located.ts";
import { RecordCollector } from "../readers/record_collector.ts";
import { indexTar, type TarEntry } from "./tar_index.ts";

/** Tar shards of one set, and how they are read. */
export interface ShardFiles extends SizeChoice {
  readonly files: readonly string[];
  readonly columns: CsvColumns;
}

/** How much of an image is read to find its header. */
const HEADER_BYTES = 2 ** 16;

/** A description of a sample is a few words. */
const MAX_RECORD_BYTES = 2 ** 20;

const OUTLINED_AT_ONCE = 16;

/** A sample of a shard: the files that share a name up to its first point. */
interface ShardSample {
  readonly key: string;
  image?: TarEntry;
  readonly others: Map<string, TarEntry>;
}

/** An image of a shard. */
interface LocatedImage extends TarEntry {
  /** The place of its shard. */
  readonly file: number;
}

/**
 * Samples in tar shards, in the layout of WebDataset: KEY.jpg (or another image) with KEY.cls, a class as text, or
 * KEY.json, an object whose fields are the columns of a table. Reads the headers of the archives, the small files and
 * the first image.
 * @throws {RefusalError} If an archive is damaged, or a sample has no image or no label; the message names it.
 */
export async function readShards(
  path: string,
  { files, columns, imageSize, keepsSizes }: ShardFiles,
): Promise<PendingSamples> {
  const ranges = new FileRanges();
  const digest = createHash("sha256");
  const images: LocatedImage[] = [];
  const parts: LabelledSamples[] = [];
  for (const [place, file] of files.entries()) {
    const { entries, size } = await indexTar(file);
    digest.update(`${basename(file)}\0${size}\0${entries.length}\n`);
    const samples = groupEntries(entries, file);
    parts.push(await readRecords(file, { samples, columns, ranges }));
    for (const { image } of samples) if (image) images.push({ ...image, file: place });
  }
  const known = joinArrays(path, parts);
  const hash = digest.digest("hex");
  const locate = async () => {
    const outlines = new OutlineCollector({ imageSize, keepsSizes });
    for (let start = 0; start < images.length; start += OUTLINED_AT_ONCE) {
      const some = images.slice(start, start + OUTLINED_AT_ONCE);
      const found = await Promise.all(some.map((image) => outlineImage(image, { files, ranges })));
      for (const { outline, subject } of found) outlines.add(outline, subject);
    }
    const spec = {
      kind: "packedImages",
      files,
      fileOf: Int32Array.from(images, ({ file }) => file),
      starts: Float64Array.from(images, ({ start }) => start),
      sizes: Int32Array.from(images, ({ size }) => size),
      names: images.map(({ name }) => name),
      image: outlines.image,
    } as const;
    const { sampleShape, imageSizes } = outlines;
    return { ...known, sampleShape, imageSizes, located: { spec, digest: hash } };
  };
  if (keepsSizes && !imageSize) return settleLocated(await locate());
  const { height, width } = imageSize ?? (await decodeFirst(images, { files, ranges }));
  return { path, bytes: images.length * height * width * 3, locate, load: async () => loadLocated(await locate()) };
}

/** Where images are read from. */
interface Shards {
  readonly files: readonly string[];
  readonly ranges: FileRanges;
}

/** @throws {SyntaxRefusal} If there is no sample, or one without an image or with two. */
function groupEntries(entries: readonly TarEntry[], file: string): ShardSample[] {
  const samples: ShardSample[] = [];
  const places = new Map<string, ShardSample>();
  for (const entry of entries) {
    const name = basename(entry.name);
    if (name.startsWith(".") || !name.includes(".")) continue;
    const folder = entry.name.slice(0, entry.name.length - name.length);
    const key = folder + name.slice(0, name.indexOf("."));
    let sample = places.get(key);
    if (!sample) {
      sample = { key, others: new Map() };
      places.set(key, sample);
      samples.push(sample);
    }
    const extension = extname(name).toLowerCase();
    if (!IMAGE_EXTENSIONS.some((known) => known === extension)) sample.others.set(extension, entry);
    else if (sample.image) throw new SyntaxRefusal(`${file}: the sample ${describeValue(key)} has two images`);
    else sample.image = entry;
  }
  if (samples.length === 0) throw new SyntaxRefusal(`${file}: must hold a sample: KEY.jpg with KEY.cls or KEY.json`);
  const bare = samples.find(({ image }) => !image);
  if (!bare) return samples;
  throw new SyntaxRefusal(
    `${file}: the sample ${describeValue(bare.key)} has no image (${IMAGE_EXTENSIONS.join(", ")})`,
  );
}

/** Targets, task labels and keys of the samples of a shard: `.cls` is the label column, `.json` all columns. */
async function readRecords(
  file: string,
  {
    samples,
    columns,
    ranges,
  }: { readonly samples: readonly ShardSample[]; readonly columns: CsvColumns; readonly ranges: FileRanges },
): Promise<LabelledSamples> {
  const records = [];
  for (const { key, others } of samples) {
    const subject = `${file}, ${key}`;
    const record = new Map<string, string>();
    const json = others.get(".json");
    if (json)
      for (const [name, text] of parseRecord(await readText(file, json, ranges), subject)) record.set(name, text);
    const label = others.get(".cls");
    if (label && columns.labelColumn !== undefined) {
      record.set(columns.labelColumn, (await readText(file, label, ranges)).trim());
    }
    records.push({ subject, record });
  }
  const names = [...new Set(records.flatMap(({ record }) => [...record.keys()]))];
  const layout = columns.matchImages(names, file);
  const collector = new RecordCollector(columns, layout, { path: file, rows: records.length });
  for (const { subject, record } of records)
    collector.add(
      names.map((name) => record.get(name) ?? ""),
      subject,
    );
  return { path: file, x: new Uint8Array(0), sampleShape: [0], ...collector.finish() };
}

/** @throws {SyntaxRefusal} If a text is longer than that of a description. */
async function readText(file: string, { name, start, size }: TarEntry, ranges: FileRanges): Promise<string> {
  if (size > MAX_RECORD_BYTES) throw new SyntaxRefusal(`${file}, ${name}: must have at most ${MAX_RECORD_BYTES} bytes`);
  return new TextDecoder().decode(await ranges.read(file, { start, length: size }));
}

function parseRecord(text: string, subject: string): [string, string][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxRefusal(`${subject}.json: must be JSON`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxRefusal(`${subject}.json: must be an object of columns, got ${describeValue(value)}`);
  }
  return Object.entries(value).map(([name, cell]) => [name, writeField(cell)]);
}

function writeField(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

async function outlineImage(
  image: LocatedImage,
  { files, ranges }: Shards,
): Promise<{ readonly outline: ImageOutline; readonly subject: string }> {
  const file = elementAt(files, image.file);
  const subject = `${file}, ${image.name}`;
  const read = (length: number) => ranges.read(file, { start: image.start, length }, subject);
  const bytes = await read(Math.min(image.size, HEADER_BYTES));
  try {
    return { outline: await readImageOutline(bytes, subject), subject };
  } catch (error) {
    if (bytes.length === image.size) throw error;
    // Its header may be longer: a preview lies before the image, say.
    return { outline: await readImageOutline(await read(image.size), subject), subject };
  }
}

async function decodeFirst([image]: readonly LocatedImage[], { files, ranges }: Shards): Promise<WantedSize> {
  if (!image) return { height: 0, width: 0 };
  const file = elementAt(files, image.file);
  const subject = `${file}, ${image.name}`;
  return decodeImage(await ranges.read(file, { start: image.start, length: image.size }, subject), subject);
}
