import { z } from "zod";
import { RefusalError, TypeRefusal } from "../../core/errors/errors.ts";

/** Which version answers, and as whom. */
export interface ConnectOptions {
  /** A version to ask instead of the one that answers. */
  readonly version?: string;
  /** Requests with the same key are answered by the same version while a new one is tried. */
  readonly key?: string;
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

/** A model that somebody serves. */
export interface ServedClient {
  /**
   * Asks the model.
   * @param x Samples, each a list of values, or all values one after another.
   * @throws {RefusalError} If the server refuses, with its words.
   */
  infer(x: readonly (readonly number[] | Float32Array)[] | Float32Array): Promise<ServedAnswer>;
}

const tensorSchema = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()) });

const metadataSchema = z.object({
  inputs: z.array(tensorSchema).min(1),
  class_names: z.array(z.string()).optional(),
});

const answerSchema = z.object({
  model_version: z.string(),
  outputs: z.array(z.object({ shape: z.array(z.number()) })).min(1),
});

const errorSchema = z.object({ error: z.string() });

type Metadata = z.infer<typeof metadataSchema>;

/**
 * A model by its address: that of a server with one model, or ".../v2/models/NAME". Values travel as binary tensors.
 * @example
 * const digits = connect("http://127.0.0.1:8000/v2/models/digits");
 * const { predictions } = await digits.infer([new Float32Array(784)]);
 */
export function connect(url: string, options: ConnectOptions = {}): ServedClient {
  return new HttpClient(url.replace(/\/+$/, ""), options);
}

class HttpClient implements ServedClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #described = new Map<string, Promise<Metadata>>();
  #model: Promise<string> | undefined;

  constructor(url: string, { version, key }: ConnectOptions) {
    this.#url = url;
    this.#headers = {
      ...(version === undefined ? {} : { "firn-version": version }),
      ...(key === undefined ? {} : { "firn-key": key }),
    };
  }

  async infer(x: readonly (readonly number[] | Float32Array)[] | Float32Array): Promise<ServedAnswer> {
    this.#model ??= this.#findModel();
    const model = await this.#model;
    const pinned = this.#headers["firn-version"];
    const { inputs } = await this.#describe(model, pinned);
    const response = await fetch(`${model}/infer`, { method: "POST", ...encodeRequest(x, inputs, this.#headers) });
    if (!response.ok) throw await readRefusal(response);
    const { version, columns, logits } = await decodeAnswer(response);
    const { class_names } = await this.#describe(model, version);
    const rows = Array.from({ length: logits.length / columns }, (_, i) =>
      logits.subarray(i * columns, (i + 1) * columns),
    );
    const predictions = rows.map((row) => {
      const column = row.indexOf(Math.max(...row));
      return { column, label: class_names?.[column], logits: row };
    });
    return { version, predictions };
  }

  async #findModel(): Promise<string> {
    if (/\/v2\/models\/[^/]+$/.test(this.#url)) return this.#url;
    const response = await fetch(`${this.#url}/v2/repository/index`, { method: "POST" });
    const entries = z.array(z.object({ name: z.string() })).parse(await response.json());
    const [name, ...others] = new Set(entries.map((entry) => entry.name));
    if (name !== undefined && others.length === 0) return `${this.#url}/v2/models/${encodeURIComponent(name)}`;
    const served = [name, ...others].join(", ");
    throw new RefusalError(`${this.#url} serves ${served}: connect to ${this.#url}/v2/models/NAME`);
  }

  /** Versions differ in their classes; what one has never changes. */
  #describe(model: string, version = ""): Promise<Metadata> {
    const known = this.#described.get(version);
    if (known) return known;
    const asked = readMetadata(version === "" ? model : `${model}/versions/${encodeURIComponent(version)}`);
    this.#described.set(version, asked);
    asked.catch(() => this.#described.delete(version));
    return asked;
  }
}

async function readMetadata(url: string): Promise<Metadata> {
  const response = await fetch(url);
  if (!response.ok) throw await readRefusal(response);
  return metadataSchema.parse(await response.json());
}

async function readRefusal(response: Response): Promise<RefusalError> {
  const { data } = errorSchema.safeParse(await response.json().catch(() => undefined));
  return new RefusalError(`the server answers ${response.status}: ${data?.error ?? response.statusText}`);
}

function encodeRequest(
  x: readonly (readonly number[] | Float32Array)[] | Float32Array,
  [input]: Metadata["inputs"],
  headers: Readonly<Record<string, string>>,
): { readonly body: Uint8Array<ArrayBuffer>; readonly headers: Readonly<Record<string, string>> } {
  const [, ...rowShape] = input?.shape ?? [];
  const rowLength = rowShape.reduce((product, length) => product * length, 1);
  const values = x instanceof Float32Array ? x : flatten(x, rowLength);
  const isBytes = input?.datatype === "UINT8";
  const array = isBytes ? toPixels(values) : values;
  const parameters = { binary_data_size: array.byteLength };
  const tensor = { ...input, shape: [values.length / rowLength, ...rowShape], parameters };
  const head = new TextEncoder().encode(JSON.stringify({ inputs: [tensor], parameters: { binary_data_output: true } }));
  const body = new Uint8Array(head.length + array.byteLength);
  body.set(head);
  body.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), head.length);
  return { body, headers: { ...headers, "inference-header-content-length": String(head.length) } };
}

/** @throws {TypeRefusal} If a value is no pixel: cut off or wrapped around it would be another. */
function toPixels(values: Float32Array): Uint8Array {
  const wrong = values.find((value) => !Number.isInteger(value) || value < 0 || value > 255);
  if (wrong !== undefined) throw new TypeRefusal(`the model takes pixels, whole numbers from 0 to 255, got ${wrong}`);
  return Uint8Array.from(values);
}

function flatten(rows: readonly (readonly number[] | Float32Array)[], rowLength: number): Float32Array {
  const values = new Float32Array(rows.length * rowLength);
  for (const [i, row] of rows.entries()) {
    if (row.length !== rowLength) {
      throw new TypeRefusal(`a sample must have ${rowLength} values, got ${row.length} in sample ${i}`);
    }
    values.set(row, i * rowLength);
  }
  return values;
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
