import { describeValue } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { RowForm } from "./collected_form.ts";
import type { FeedbackFolder } from "./feedback_folder.ts";
import type { KeptRequest } from "./kept_requests.ts";
import { readLabels } from "./read_labels.ts";
import { nameDatatype, type RawSamples, restoreRaw } from "./sample_form.ts";

/** What somebody says of samples. Plain data: it crosses from the thread that was told. */
export interface Feedback {
  /** As it was sent. */
  readonly labels: unknown;
  /** Who says so. */
  readonly from: string;
  /** What the request is called, if anything. */
  readonly id: string | undefined;
  readonly samples: /** Of a request that was answered. */
  { readonly kind: "answered"; readonly id: string } | ({ readonly kind: "sent" } & KeptRequest);
}

/** What a collector needs of its surroundings. */
export interface CollectorOptions {
  readonly folder: FeedbackFolder;
  /** So many rows are an experience. */
  readonly maxRows: number;
  /** True where a part of each experience is held out for testing: 3 rows of one class are needed then. */
  readonly holdsOut: boolean;
  /** Whether there is a version, ready or not: before, samples say themselves what they are like. */
  readonly hasVersion: () => boolean;
  /** Requests that were answered, in whatever thread. */
  readonly recall: (id: string) => Promise<KeptRequest | undefined>;
  readonly forget: (id: string) => Promise<void>;
  /** Is told what happens, in one line. */
  readonly tell: (line: string) => void;
}

/** Rows of a class of which a fifth, rounded, is at least one. */
const LEAST_HELD_OUT = 3;

/** Takes what is said of a model's answers, one after another, and closes experiences. */
export class FeedbackCollector {
  readonly #options: CollectorOptions;
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /**
   * Keeps samples with their labels.
   * @returns What the answer says.
   * @throws {ProtocolError} 404 if the request is not known (any more), 400 if labels or samples are not what they must
   *   be, 409 if the samples are of another form than those before them.
   */
  add({ labels: given, from, id, samples }: Feedback): Promise<object> {
    return this.#serially(async () => {
      const { folder, maxRows, hasVersion } = this.#options;
      if (samples.kind === "sent" && samples.file.outputs.length === 0 && hasVersion()) {
        throw new ProtocolError(503, "no version is ready that says how samples are kept");
      }
      const { file, rows, input } = samples.kind === "sent" ? samples : await this.#recall(samples.id);
      const { labels, newClasses } = readLabels(given, file);
      if (labels.length !== rows) {
        throw new ProtocolError(400, `labels must have one for each of ${rows} rows, got ${labels.length}`);
      }
      await this.#assertRoom(newClasses, file);
      const raw = restoreRaw(input, { file, rows });
      if (!hasVersion()) await this.#assertAsFirst(raw);
      this.#assertForm(raw);
      const time = (performance.timeOrigin + performance.now()) / 1000;
      await folder.add(raw, { time, from, ...omitUndefined({ id }), labels });
      if (samples.kind === "answered") await this.#options.forget(samples.id);
      const isFull = folder.labels.length >= maxRows && this.#canClose;
      const closed = isFull ? { experience: await this.#close() } : {};
      return { rows, collected_rows: folder.labels.length, new_classes: newClasses, ...closed };
    });
  }

  /** Makes what was collected the next experience. @throws {ProtocolError} 409 if it cannot be one. */
  close(): Promise<object> {
    return this.#serially(async () => {
      const { folder } = this.#options;
      const rows = folder.labels.length;
      if (rows === 0) throw new ProtocolError(409, "nothing has been collected since the last experience");
      if (!this.#canClose) {
        const why = "a fifth of each class is kept for testing";
        throw new ProtocolError(409, `an experience needs ${LEAST_HELD_OUT} rows of one class, as ${why}`);
      }
      return { experience: await this.#close(), rows };
    });
  }

  /** Lets other processes into the folder. */
  end(): Promise<void> {
    return this.#serially(() => this.#options.folder.end());
  }

  async #recall(id: string): Promise<KeptRequest & { readonly file: ServedFile }> {
    const found = await this.#options.recall(id);
    if (found) return found;
    const shown = describeValue(id.slice(0, 100));
    throw new ProtocolError(
      404,
      `no answered request ${shown} is kept: it is unknown, forgotten, or was labelled before`,
    );
  }

  /** Training would refuse more classes than the network has outputs for. */
  async #assertRoom(newClasses: readonly string[], { classNames, metadata }: ServedFile): Promise<void> {
    const { "firn.most_classes": most } = metadata;
    if (most === undefined || !classNames || newClasses.length === 0) return;
    const known = new Set([...classNames, ...(await this.#options.folder.findLabels())]);
    const more = newClasses.filter((name) => !known.has(name));
    if (more.length === 0 || known.size + more.length <= Number(most)) return;
    const [subject, names] = [listSome(more), listSome([...known])];
    throw new ProtocolError(
      400,
      `the model has outputs for ${most} classes, and none is left for ${subject}; known: ${names}`,
    );
  }

  /** An experience is one array. */
  #assertForm({ descr, shape }: RawSamples): void {
    const open = this.#options.folder.rowForm;
    const form = { descr, rowShape: shape.slice(1) };
    if (!open || isAlike(open, form)) return;
    const [wanted, got] = [open, form].map(describeForm);
    throw new ProtocolError(409, `the experience that is collected has samples ${wanted}, got ${got}: close it first`);
  }

  /** Before there is a model that takes samples of one form, they must be as the first ones are. */
  async #assertAsFirst({ descr, shape }: RawSamples): Promise<void> {
    const { folder } = this.#options;
    const first = folder.rowForm ?? (await folder.readFirstForm());
    const form = { descr, rowShape: shape.slice(1) };
    if (!first || isAlike(first, form)) return;
    const [wanted, got] = [first, form].map((each) => describeForm({ ...each, descr: nameDatatype(each.descr) }));
    throw new ProtocolError(400, `what was collected has samples ${wanted}, got ${got}`);
  }

  get #canClose(): boolean {
    const { folder, holdsOut } = this.#options;
    if (!holdsOut) return true;
    const counts = Map.groupBy(folder.labels, (label) => label).values();
    return counts.some(({ length }) => length >= LEAST_HELD_OUT);
  }

  async #close(): Promise<string> {
    const { folder, tell } = this.#options;
    const rows = folder.labels.length;
    const name = await folder.close();
    tell(`feedback: ${rows} rows are the experience ${name}`);
    return name;
  }

  #serially<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }
}

const MAX_SHOWN = 20;

function listSome(names: readonly string[]): string {
  const shown = names.slice(0, MAX_SHOWN).map(describeValue).join(", ");
  return names.length > MAX_SHOWN ? `${shown} …` : shown;
}

function isAlike(a: RowForm, b: RowForm): boolean {
  return a.descr === b.descr && a.rowShape.join() === b.rowShape.join();
}

function describeForm({ descr, rowShape }: RowForm): string {
  return `[${rowShape.join(", ")}] of ${descr}`;
}
