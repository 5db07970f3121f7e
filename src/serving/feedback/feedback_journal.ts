import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { isSystemError } from "../../core/errors/system_error.ts";
import { countElements } from "../../core/host_tensor.ts";
import { MAX_NPY_HEADER_BYTES, parseNpyHeader } from "../../data/readers/npy_reader.ts";
import { readStart } from "../../data/readers/read_bytes.ts";
import { SOURCE_LOG } from "../../data/readers/read_sample_folder.ts";
import { NPY_HEADER_BYTES, type NpyForm } from "./encode_npy.ts";

const entrySchema = z.object({
  /** When it came, in seconds since 1970. */
  time: z.number(),
  /** The header Firn-From, or else the address that it came from. */
  from: z.string(),
  /** Of the request that was answered before, where there was one. */
  id: z.string().exactOptional(),
  rows: z.int().min(1),
  labels: z.array(z.string()),
});

/** One line of source.jsonl: whose samples the next rows are. */
export type FeedbackEntry = z.infer<typeof entrySchema>;

/** What an earlier process has collected. */
export interface TakenUpJournal {
  readonly form: NpyForm;
  readonly entries: readonly FeedbackEntry[];
  /** Where the whole lines end. */
  readonly sourceBytes: number;
  /** Where the samples of those lines end. */
  readonly samplesEnd: number;
}

/**
 * Reads what is collected in a folder: the lines of source.jsonl that are whole, and whose samples are. Undefined where
 * there is none.
 * @throws {SyntaxRefusal} If the samples are no .npy file.
 */
export async function takeUpJournal(folder: string): Promise<TakenUpJournal | undefined> {
  const xPath = join(folder, "x.npy");
  const source = await readIfThere(join(folder, SOURCE_LOG));
  if (!source || source.length === 0) return undefined;
  const { descr, shape, fileBytes, start } = parseNpyHeader(await readStart(xPath, MAX_NPY_HEADER_BYTES), xPath);
  const rowBytes = (fileBytes - start) / Math.max(1, shape[0] ?? 0) || countRowBytes(descr, shape);
  const { size } = await stat(xPath);
  const entries: FeedbackEntry[] = [];
  let [sourceBytes, samplesEnd] = [0, NPY_HEADER_BYTES];
  for (let end = source.indexOf(10); end >= 0; end = source.indexOf(10, end + 1)) {
    const entry = parseEntry(source.subarray(sourceBytes, end));
    if (!entry || samplesEnd + entry.rows * rowBytes > size) break;
    entries.push(entry);
    sourceBytes = end + 1;
    samplesEnd += entry.rows * rowBytes;
  }
  return entries.length === 0 ? undefined : { form: { descr, shape }, entries, sourceBytes, samplesEnd };
}

/** Of a header that was written before there were rows. */
function countRowBytes(descr: string, shape: readonly number[]): number {
  return countElements(shape.slice(1)) * Number(descr.slice(2));
}

function parseEntry(line: Uint8Array): FeedbackEntry | undefined {
  try {
    const { data } = entrySchema.safeParse(JSON.parse(new TextDecoder().decode(line)));
    return data?.labels.length === data?.rows ? data : undefined;
  } catch {
    return undefined;
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
}
