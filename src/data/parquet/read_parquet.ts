import { createHash } from "node:crypto";
import { basename } from "node:path";
import { elementAt } from "../../core/element_at.ts";
import { RangeRefusal, SyntaxRefusal } from "../../core/errors/errors.ts";
import type { CsvColumns, CsvLayout } from "../csv/csv_columns.ts";
import type { DecoderSpec } from "../decoders/decoder_spec.ts";
import { decodeImage, readImageOutline } from "../images/decode_image.ts";
import { OutlineCollector, type SizeChoice } from "../images/outline_collector.ts";
import type { WantedSize } from "../images/resize_image.ts";
import { joinArrays } from "../readers/array_files.ts";
import type { LabelledSamples, PendingSamples } from "../readers/labelled_samples.ts";
import { loadLocated, settleLocated } from "../readers/load_located.ts";
import { RecordCollector } from "../readers/record_collector.ts";
import { readImageBytes, readNumber, writeCell } from "./parquet_cells.ts";
import { openParquet, type ParquetFile } from "./parquet_file.ts";

/** Parquet files of one set, and how they are read. */
export interface ParquetFiles extends SizeChoice {
  readonly files: readonly string[];
  readonly columns: CsvColumns;
}

/** How many headers are read at a time. */
const OUTLINED_AT_ONCE = 16;

/**
 * Samples in Parquet files. Where they have a column of images, as Hugging Face's datasets write them, each is a sample
 * and another column its label, whose names are taken from the file; else all other columns are features, as in CSV
 * files. Reads the columns of targets, and the first image.
 * @throws {RefusalError} If a file is damaged, or its columns are not those that options name; the message names it.
 */
export async function readParquetFiles(path: string, options: ParquetFiles): Promise<PendingSamples> {
  const { columns, imageSize, keepsSizes } = options;
  const files: ParquetFile[] = [];
  for (const file of options.files) files.push(await openParquet(file));
  const [first] = files;
  const image = first?.columns.find(({ kind }) => kind === "image")?.name;
  if (image === undefined && imageSize) throw new RangeRefusal(`${path}: imageSize requires images`);
  const parts: LabelledSamples[] = [];
  const layouts: Omit<CsvLayout, "delimiter">[] = [];
  for (const file of files) {
    assertKind(file, image, first?.path ?? path);
    const names = file.columns.filter(({ kind }) => kind === "table").map(({ name }) => name);
    const layout = image === undefined ? columns.matchNames(names, file.path) : columns.matchImages(names, file.path);
    layouts.push(layout);
    parts.push(await readKnown(file, layout, columns));
  }
  const known = joinArrays(path, parts);
  const rows = { files: files.map((file) => file.path), groupStarts: files.map(({ groupStarts }) => groupStarts) };
  const digest = hashFiles(files);
  if (image === undefined) {
    const features = elementAt(layouts, 0).features.map((place) => elementAt(elementAt(layouts, 0).names, place));
    const spec = { kind: "parquetNumbers", ...rows, columns: features } as const;
    const located = { ...known, x: new Float32Array(0), sampleShape: [features.length], located: { spec, digest } };
    const bytes = known.labels.places.length * features.length * Float32Array.BYTES_PER_ELEMENT;
    const locate = async () => {
      await checkNumbers(files, features);
      return located;
    };
    return { path, bytes, locate, load: () => loadLocated(located) };
  }
  const locate = async () => {
    const outlines = await outlineImages(files, image, { imageSize, keepsSizes });
    const spec: DecoderSpec = { kind: "parquetImages", ...rows, column: image, image: outlines.image };
    const { sampleShape, imageSizes } = outlines;
    return { ...known, sampleShape, imageSizes, located: { spec, digest } };
  };
  if (keepsSizes && !imageSize) return settleLocated(await locate());
  const { height, width } = imageSize ?? (await decodeFirst(files, image));
  const bytes = known.labels.places.length * height * width * 3;
  return { path, bytes, locate, load: async () => loadLocated(await locate()) };
}

/** @throws {SyntaxRefusal} If a file has no rows, or has images where others have none. */
function assertKind(file: ParquetFile, image: string | undefined, first: string): void {
  if (file.rows === 0) throw new SyntaxRefusal(`${file.path}: must have a row`);
  const own = file.columns.find(({ kind, name }) => kind === "image" && (image === undefined || name === image));
  if (own && image === undefined) {
    throw new SyntaxRefusal(
      `${file.path}: must have no column of images, as ${first}, got ${JSON.stringify(own.name)}`,
    );
  }
  if (!own && image !== undefined) {
    throw new SyntaxRefusal(`${file.path}: must have the column of images ${JSON.stringify(image)}, as ${first}`);
  }
}

/** Targets, task labels and keys of all rows of a file. */
async function readKnown(
  file: ParquetFile,
  layout: Omit<CsvLayout, "delimiter">,
  columns: CsvColumns,
): Promise<LabelledSamples> {
  const { path, rows, groupStarts } = file;
  const collector = new RecordCollector(columns, layout, { path, rows });
  const places = [
    ...new Set([...layout.targets, ...Object.values(layout.keys), ...(layout.task === undefined ? [] : [layout.task])]),
  ];
  const names = places.map((place) => elementAt(layout.names, place));
  const classNames = names.map((name) => file.classNames(name));
  for (let group = 0; group + 1 < groupStarts.length; group++) {
    const cells = await file.readGroup(group, names);
    const start = elementAt(groupStarts, group);
    for (let row = 0; row < elementAt(groupStarts, group + 1) - start; row++) {
      const record: string[] = [];
      for (const [i, place] of places.entries()) {
        const text = writeCell(cells[i]?.[row]);
        const named = classNames[i];
        record[place] = named ? (named[Number(text)] ?? "") : text;
      }
      collector.add(record, `${path}, row ${start + row}`);
    }
  }
  return { path, x: new Uint8Array(0), sampleShape: [0], ...collector.finish() };
}

/** @throws {SyntaxRefusal} If a cell is no finite number. */
async function checkNumbers(files: readonly ParquetFile[], features: readonly string[]): Promise<void> {
  for (const file of files) {
    for (let group = 0; group + 1 < file.groupStarts.length; group++) {
      const columns = await file.readGroup(group, features);
      const start = elementAt(file.groupStarts, group);
      for (const [i, column] of columns.entries()) {
        for (let row = 0; row < column.length; row++) {
          const where = { place: `${file.path}, row ${start + row}`, column: elementAt(features, i) };
          readNumber(column[row], where);
        }
      }
    }
  }
}

async function decodeFirst([file]: readonly ParquetFile[], image: string): Promise<WantedSize> {
  if (!file) return { height: 0, width: 0 };
  const [cells] = await file.readGroup(0, [image]);
  const subject = `${file.path}, row 0`;
  return decodeImage(readImageBytes(cells?.[0], subject), subject);
}

async function outlineImages(
  files: readonly ParquetFile[],
  image: string,
  choice: SizeChoice,
): Promise<OutlineCollector> {
  const outlines = new OutlineCollector(choice);
  for (const file of files) {
    for (let group = 0; group + 1 < file.groupStarts.length; group++) {
      const [cells = []] = await file.readGroup(group, [image]);
      for (let start = 0; start < cells.length; start += OUTLINED_AT_ONCE) {
        const some = Array.from({ length: Math.min(OUTLINED_AT_ONCE, cells.length - start) }, (_, i) => start + i);
        const found = await Promise.all(
          some.map(async (row) => {
            const subject = `${file.path}, row ${elementAt(file.groupStarts, group) + row}`;
            return { subject, outline: await readImageOutline(readImageBytes(cells[row], subject), subject) };
          }),
        );
        for (const { outline, subject } of found) outlines.add(outline, subject);
      }
    }
  }
  return outlines;
}

function hashFiles(files: readonly ParquetFile[]): string {
  const hash = createHash("sha256");
  for (const { path, size, rows } of files) hash.update(`${basename(path)}\0${size}\0${rows}\n`);
  return hash.digest("hex");
}
