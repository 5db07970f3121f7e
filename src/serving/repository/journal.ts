import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { RefusalError } from "../../core/errors/errors.ts";
import { isSystemError } from "../../core/errors/system_error.ts";
import { LineFile } from "../../runs/line_file.ts";

const accuracy = z.object({ experience: z.number(), accuracy: z.number() });

const entrySchema = z.object({
  /** Seconds since 1970. */
  time: z.number(),
  model: z.string(),
  version: z.string(),
  event: z.enum(["promoted", "candidate", "refused", "retired", "rolledBack", "goneBack", "wentOn"]),
  /** Who decided: the gate, somebody by hand, or the training of the run. */
  by: z.enum(["gate", "hand", "start", "training"]).exactOptional(),
  /** Somebody promoted it whatever it has forgotten: the best accuracies do not count it. */
  isForced: z.boolean().exactOptional(),
  reason: z.string().exactOptional(),
  /** It was refused because no accuracy was known. */
  isUnmeasured: z.boolean().exactOptional(),
  path: z.string().exactOptional(),
  /** Tells one file from the next that is written in its place. */
  mark: z.string().exactOptional(),
  /** On the held samples of each experience. */
  accuracies: z.array(accuracy).exactOptional(),
  /** Where the accuracies come from: held samples that this program ran, or what the run wrote down. */
  measuredBy: z.enum(["held samples", "the run's summary"]).exactOptional(),
  /** Rows of a batch, as measured while warming up. */
  batch: z.number().exactOptional(),
});

/** What happened to a version, and when. */
export type JournalEntry = z.infer<typeof entrySchema>;

/** What happened to versions, one line of JSON each: a promotion, a refusal with its reason, a roll-back. */
export class Journal {
  readonly #file: LineFile;
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
    this.#file = new LineFile(path);
  }

  /**
   * Opens a journal, or begins one.
   * @throws {RefusalError} If it cannot be written.
   */
  static open(path: string): Journal {
    const journal = new Journal(path);
    try {
      mkdirSync(dirname(path), { recursive: true });
      journal.#file.flush();
    } catch (cause) {
      throw new RefusalError(`the journal ${path} cannot be written (--journal names another place)`, { cause });
    }
    return journal;
  }

  /** What it holds of a model, oldest first. */
  read(model: string): readonly JournalEntry[] {
    return readJournal(this.path).filter((entry) => entry.model === model);
  }

  /** Adds an entry, and hands it to the operating system. */
  add(entry: Omit<JournalEntry, "time">): void {
    const time = (performance.timeOrigin + performance.now()) / 1000;
    this.#file.append(`${JSON.stringify({ time, ...entry })}\n`);
    this.#file.flush();
  }

  close(): void {
    this.#file.close();
  }
}

/**
 * What a journal holds, oldest first; nothing where there is none. A line that was cut off by a crash is passed over.
 */
export function readJournal(path: string): readonly JournalEntry[] {
  return readLines(path).flatMap((line) => entrySchema.safeParse(parse(line)).data ?? []);
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return [];
    throw error;
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
