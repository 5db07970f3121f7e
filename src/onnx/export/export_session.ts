import { readFile } from "node:fs/promises";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describeCause, needs, RangeRefusal, SyntaxRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";
import { fitShape } from "../../core/fit_shape.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { toPlainBytes } from "../../core/plain_bytes.ts";
import { OUTPUTS_NAME } from "../engine_graphs.ts";
import { SAMPLES_NAME, TASK_LABELS_NAME } from "../layers/input.ts";
import { describeRuntimeError } from "../runtime_error.ts";

/** An exported file, or the path to one. */
export type ExportSource = string | Uint8Array;

/** Samples [n, …] as an exported file takes them, and their task labels [n] for files that take those too. */
export interface ExportBatch extends HostTensor {
  readonly taskLabels?: Int32Array;
}

/** The contents of the file beside an exported one, and what the exported one calls it. */
export interface ExternalData {
  readonly location: string;
  readonly bytes: Uint8Array;
}

/** The bytes of an exported file. @throws {RefusalError} If it cannot be read. */
export async function readExport(source: ExportSource): Promise<Uint8Array> {
  if (typeof source !== "string") return source;
  return withFileNamed(source, async () => toPlainBytes(await readFile(source)));
}

/** What messages call it: its path, where it has one. */
export function nameSource(source: ExportSource): string {
  return typeof source === "string" ? source : "the exported model";
}

/** An exported file loaded into onnxruntime: what a service that has nothing of Firn would do with it. */
export class ExportSession {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  /**
   * @param source From a path, onnxruntime reads the file beside it, too.
   * @throws {Error} If onnxruntime refuses the file, or it has not our input and output.
   */
  static async open(
    source: ExportSource,
    { subject = nameSource(source), external }: { readonly subject?: string; readonly external?: ExternalData } = {},
  ): Promise<ExportSession> {
    const session = await createSession(source, external).catch((cause: unknown) => {
      throw new SyntaxRefusal(`${subject}: onnxruntime does not load it: ${describeRuntimeError(cause)}`, { cause });
    });
    if (session.inputNames.includes(SAMPLES_NAME) && session.outputNames.includes(OUTPUTS_NAME)) {
      return new ExportSession(session);
    }
    await session.release();
    const wanted = `an input "${SAMPLES_NAME}" and an output "${OUTPUTS_NAME}"`;
    throw new RangeRefusal(needs("the ONNX file", wanted, [...session.inputNames, ...session.outputNames]));
  }

  /**
   * Logits [n, C] of samples [n, …]. The caller owns the result.
   * @throws {RangeError} If the file takes task labels and there are none.
   * @throws {Error} If the samples do not fit the file, or it has no head for a task label.
   */
  async run(x: ExportBatch): Promise<HostTensor> {
    const logits = (
      await this.#session.run(createFeeds(this.#session, x), [OUTPUTS_NAME]).catch((cause: unknown) => refuse(x, cause))
    )[OUTPUTS_NAME];
    if (!(logits?.data instanceof Float32Array)) {
      throw new TypeRefusal(needs("the exported model", "logits of float32", logits?.type));
    }
    return { data: logits.data, shape: logits.dims };
  }

  /** Frees the session. */
  async close(): Promise<void> {
    await this.#session.release();
  }
}

function createSession(source: ExportSource, external: ExternalData | undefined): Promise<InferenceSession> {
  // Errors come as exceptions: they need not be printed as well.
  const options = {
    logSeverityLevel: 4 as const,
    ...(external ? { externalData: [{ path: external.location, data: external.bytes }] } : {}),
  };
  return typeof source === "string"
    ? InferenceSession.create(source, options)
    : InferenceSession.create(source, options);
}

/** Says in one line what onnxruntime refuses. */
function refuse({ taskLabels }: ExportBatch, cause: unknown): never {
  const message = describeCause(cause);
  const act = "the exported model";
  // Heads are chosen from a table that has a row a head.
  if (taskLabels && message.includes("out of data bounds")) {
    throw new RangeRefusal(needs(act, "task labels that it has a head for", [...new Set(taskLabels)]), { cause });
  }
  throw new RangeRefusal(`${act}: ${describeRuntimeError(cause)}`, { cause });
}

/**
 * Samples as a session takes them: pixels where its input is of uint8.
 * @throws {RangeError} If the file takes task labels and there are none.
 */
export function createFeeds(session: InferenceSession, x: ExportBatch): Record<string, Tensor> {
  const input = session.inputMetadata.find(({ name }) => name === SAMPLES_NAME);
  const [rows = 0, ...sampleShape] = x.shape;
  const wanted = input?.isTensor ? input.shape.slice(1) : [];
  const shape = [rows, ...(fitShape(sampleShape, wanted.map(toLength)) ?? sampleShape)];
  const takesPixels = input?.isTensor === true && input.type === "uint8";
  // A copy, because not every runtime lets onnxruntime read shared memory.
  const samples = takesPixels
    ? new Tensor("uint8", Uint8Array.from(x.data, Math.round), shape)
    : new Tensor("float32", Float32Array.from(x.data), shape);
  const takesLabels = session.inputNames.includes(TASK_LABELS_NAME);
  return { [SAMPLES_NAME]: samples, ...(takesLabels ? { [TASK_LABELS_NAME]: createLabels(x) } : {}) };
}

/** Lengths that are left open have names. */
function toLength(length: number | string): number | null {
  return typeof length === "number" ? length : null;
}

function createLabels({ shape: [rows = 0], taskLabels }: ExportBatch): Tensor {
  if (taskLabels?.length === rows) return new Tensor("int64", BigInt64Array.from(taskLabels, BigInt), [rows]);
  throw new RangeRefusal(needs("the exported model", `${rows} task labels`, taskLabels?.length));
}
