import { z } from "zod";
import { RangeRefusal, RefusalError, TypeRefusal } from "../../core/errors/errors.ts";
import { type DescribedInputs, type EncodedRequest, encodeSamples, isList, type Samples } from "./encode_samples.ts";

/** Which version answers, and as whom. */
export interface ConnectOptions {
  /** A version to ask instead of the one that answers. */
  readonly version?: string;
  /** Requests with the same key are answered by the same version while a new one is tried. */
  readonly key?: string;
  /** What requests that change something bring, where the server asks for it: feedback does. */
  readonly token?: string;
  /** Who says what answers should have been. Default: the address that it comes from. */
  readonly from?: string;
}

/** What a model says of one sample. */
export interface ServedPrediction {
  /** The column of the largest logit, and the label of that class; undefined where the model has no labels. */
  readonly column: number;
  readonly label: string | undefined;
  /** [C] */
  readonly logits: Float32Array;
}

/** What a model says of a batch of samples. */
export interface ServedAnswer {
  /** Of the model. */
  readonly version: string;
  /** One for each sample, in order. */
  readonly predictions: readonly ServedPrediction[];
}

/** What samples are: those of an answered request, or those that are given. */
export interface ToldLabels {
  /** One for each sample: the name of its class, or the column of the outputs. */
  readonly labels: readonly (string | number)[];
  /** What the answered request was called, or what these samples are called. */
  readonly id?: string;
  /** Samples as the model takes them; left out where the request with `id` had them. */
  readonly x?: Samples;
  /** The shape of a sample, for the first samples of a model that has no version yet. Default: a list of values. */
  readonly sampleShape?: readonly number[];
}

/** What became of feedback. */
export interface FeedbackReceipt {
  readonly rows: number;
  /** Rows that are collected since the last experience. */
  readonly collectedRows: number;
  /** Labels that no class of the model has. */
  readonly newClasses: readonly string[];
  /** The experience that these rows have made full. */
  readonly experience: string | undefined;
}

/** A model that somebody serves. */
export interface ServedClient {
  /**
   * Asks the model.
   * @param x Samples, each a list of values, or all values one after another. Where the model has several inputs, a
   *   sample has what they take one behind another.
   * @param options `id`: what `feedback` calls the request later.
   * @throws {ServerRefusal} If the server refuses, with its words.
   */
  infer(x: Samples, options?: { readonly id?: string }): Promise<ServedAnswer>;
  /**
   * Says what samples are, where the server collects that for training.
   * @throws {ServerRefusal} If the server refuses, with its words: 404 if the request is not known (any more).
   */
  feedback(told: ToldLabels): Promise<FeedbackReceipt>;
  /** Makes what was collected the next experience. @throws {ServerRefusal} 409 if it cannot be one. */
  closeFeedback(): Promise<{ readonly experience: string; readonly rows: number }>;
}

/** What a server has refused. */
export class ServerRefusal extends RangeRefusal {
  override readonly name = "ServerRefusal";
  /** Of HTTP. */
  readonly status: number;

  constructor(status: number, words: string) {
    super(`the server answers ${status}: ${words}`);
    this.status = status;
  }
}

const metadataSchema = z.object({
  inputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()) })).min(1),
  class_names: z.array(z.string()).optional(),
  parameters: z.record(z.string(), z.string()).optional(),
});

const answerSchema = z.object({
  model_version: z.string(),
  outputs: z.array(z.object({ shape: z.array(z.number()) })).min(1),
});

const receiptSchema = z
  .object({
    rows: z.number(),
    collected_rows: z.number(),
    new_classes: z.array(z.string()),
    experience: z.string().optional(),
  })
  .transform(({ rows, collected_rows: collectedRows, new_classes: newClasses, experience }): FeedbackReceipt => {
    return { rows, collectedRows, newClasses, experience };
  });

const closedSchema = z.object({ experience: z.string(), rows: z.number() });

const errorSchema = z.object({ error: z.string() });

type Metadata = z.infer<typeof metadataSchema>;

/**
 * A model by its address: that of a server with one model, or ".../v2/models/NAME". Values travel as binary tensors.
 * @example
 * const digits = connect("http://127.0.0.1:8000/v2/models/digits");
 * const { predictions } = await digits.infer([new Float32Array(784)], { id: "one" });
 * await digits.feedback({ id: "one", labels: ["7"] });
 */
export function connect(url: string, options: ConnectOptions = {}): ServedClient {
  return new HttpClient(url.replace(/\/+$/, ""), options);
}

class HttpClient implements ServedClient {
  readonly #url: string;
  readonly #options: ConnectOptions;
  readonly #described = new Map<string, Promise<Metadata>>();
  #model: Promise<string> | undefined;

  constructor(url: string, options: ConnectOptions) {
    this.#url = url;
    this.#options = options;
  }

  async infer(x: Samples, { id }: { readonly id?: string } = {}): Promise<ServedAnswer> {
    const { version: pinned, key } = this.#options;
    const described = await this.#describe(pinned);
    const fields = { ...(id === undefined ? {} : { id }), parameters: { binary_data_output: true } };
    const headers = { ...pin(pinned), ...(key === undefined ? {} : { "firn-key": key }) };
    const response = await this.#post("infer", encodeSamples(x, described, fields), headers);
    const { version, columns, logits } = await decodeAnswer(response);
    const { class_names } = await this.#describe(version);
    const rows = Array.from({ length: logits.length / columns }, (_, i) =>
      logits.subarray(i * columns, (i + 1) * columns),
    );
    const predictions = rows.map((row) => {
      const column = row.indexOf(Math.max(...row));
      return { column, label: class_names?.[column], logits: row };
    });
    return { version, predictions };
  }

  async feedback({ labels, id, x, sampleShape }: ToldLabels): Promise<FeedbackReceipt> {
    const fields = { labels, ...(id === undefined ? {} : { id }) };
    const request = x
      ? encodeSamples(x, await this.#findInputs(x, sampleShape), fields)
      : { body: JSON.stringify(fields), headers: {} };
    const response = await this.#post("feedback", request, { ...this.#signature, ...pin(this.#options.version) });
    return receiptSchema.parse(await response.json());
  }

  async closeFeedback(): Promise<{ readonly experience: string; readonly rows: number }> {
    const response = await this.#post("feedback/close", { body: "", headers: {} }, this.#signature);
    return closedSchema.parse(await response.json());
  }

  /** What requests bring that change something. */
  get #signature(): Readonly<Record<string, string>> {
    const { token, from } = this.#options;
    return {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(from === undefined ? {} : { "firn-from": from }),
    };
  }

  /** The model's inputs; before there is a version, samples say themselves what they are like. */
  async #findInputs(x: Samples, sampleShape: readonly number[] | undefined): Promise<DescribedInputs> {
    try {
      return await this.#describe(this.#options.version);
    } catch (error) {
      if (!(error instanceof ServerRefusal) || error.status !== 503) throw error;
    }
    const [first] = isList(x) ? x : [];
    const shape = sampleShape ?? (first ? [first.length] : undefined);
    if (!shape) throw new TypeRefusal("the model has no version yet: its first samples need sampleShape");
    const isBytes = (first ?? x) instanceof Uint8Array;
    return { inputs: [{ name: "input", datatype: isBytes ? "UINT8" : "FP32", shape: [-1, ...shape] }] };
  }

  async #post(
    path: string,
    { body, headers: own }: Pick<EncodedRequest, "headers"> & { readonly body: EncodedRequest["body"] | string },
    headers: Readonly<Record<string, string>>,
  ): Promise<Response> {
    const url = `${await this.#findModel()}/${path}`;
    const response = await fetch(url, { method: "POST", body, headers: { ...headers, ...own } });
    if (!response.ok) throw await readRefusal(response);
    return response;
  }

  #findModel(): Promise<string> {
    this.#model ??= findModel(this.#url);
    return this.#model;
  }

  /** Versions differ in their classes; what one has never changes. */
  #describe(version = ""): Promise<Metadata> {
    const known = this.#described.get(version);
    if (known) return known;
    const asked = this.#readMetadata(version);
    this.#described.set(version, asked);
    asked.catch(() => this.#described.delete(version));
    return asked;
  }

  async #readMetadata(version: string): Promise<Metadata> {
    const model = await this.#findModel();
    const response = await fetch(version === "" ? model : `${model}/versions/${encodeURIComponent(version)}`);
    if (!response.ok) throw await readRefusal(response);
    return metadataSchema.parse(await response.json());
  }
}

/** The address of a model: that which was given, or of the only one that a server has. */
async function findModel(url: string): Promise<string> {
  if (/\/v2\/models\/[^/]+$/.test(url)) return url;
  const response = await fetch(`${url}/v2/repository/index`, { method: "POST" });
  const entries = z.array(z.object({ name: z.string() })).parse(await response.json());
  const names = new Set(entries.map((entry) => entry.name));
  // A model that has no version yet stands in no index.
  const [name, ...others] = names.size > 0 ? names : await listModels(url);
  if (name !== undefined && others.length === 0) return `${url}/v2/models/${encodeURIComponent(name)}`;
  const served = [name, ...others].join(", ");
  throw new RefusalError(`${url} serves ${served}: connect to ${url}/v2/models/NAME`);
}

async function listModels(url: string): Promise<readonly string[]> {
  const response = await fetch(url, { headers: { accept: "application/json" } });
  return z.object({ models: z.array(z.string()) }).parse(await response.json()).models;
}

function pin(version: string | undefined): Readonly<Record<string, string>> {
  return version === undefined ? {} : { "firn-version": version };
}

async function readRefusal(response: Response): Promise<ServerRefusal> {
  const { data } = errorSchema.safeParse(await response.json().catch(() => undefined));
  return new ServerRefusal(response.status, data?.error ?? response.statusText);
}

interface DecodedAnswer {
  readonly version: string;
  readonly columns: number;
  readonly logits: Float32Array;
}

async function decodeAnswer(response: Response): Promise<DecodedAnswer> {
  const headBytes = Number(response.headers.get("inference-header-content-length"));
  const bytes = new Uint8Array(await response.arrayBuffer());
  const head = answerSchema.parse(JSON.parse(new TextDecoder().decode(bytes.subarray(0, headBytes))));
  const [rows = 0, ...rest] = head.outputs[0]?.shape ?? [];
  const columns = rest.reduce((product, length) => product * length, 1);
  const logits = new Float32Array(bytes.slice(headBytes, headBytes + rows * columns * 4).buffer);
  return { version: head.model_version, columns, logits };
}
