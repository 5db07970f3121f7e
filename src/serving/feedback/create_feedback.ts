import type { ServedFile } from "../model_file/served_file.ts";
import { createPort } from "../model_file/tensor_port.ts";
import { type Fields, readInputs } from "../protocol/infer_request.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { Service } from "../protocol/service.ts";
import type { ControlRequest } from "../protocol/serving_control.ts";
import type { TensorSource } from "../protocol/tensor_source.ts";
import type { Feedback } from "./feedback_collector.ts";
import { describeAsBytes } from "./sample_form.ts";

const MAX_FROM_LENGTH = 200;

/** ONNX's numbers of the types that samples may have before there is a model. */
const FIRST_TYPES: Readonly<Record<string, number>> = { FP32: 1, UINT8: 2 };

/** What somebody tells of samples, however it came. */
export interface ToldFeedback {
  readonly model: string;
  readonly from: string;
  /** As they were sent. */
  readonly labels: unknown;
  /** Of a request that was answered, or what these samples are called. */
  readonly id: string | undefined;
  /** Tensors as JSON has them; undefined where the labels are those of an answered request. */
  readonly inputs: unknown;
  /** Values that stand beside them. */
  readonly tensors: TensorSource;
  /** The version that says how inputs are read. Default: the one that answers. */
  readonly version: string | undefined;
}

/**
 * Feedback for the thread that owns the models.
 * @throws {ProtocolError} 400 if it names no samples, or they do not fit the model; 404 if there is no such version.
 */
export function createFeedback(
  { answerer, limits }: Pick<Service, "answerer" | "limits">,
  { model, from, labels, id, inputs, tensors, version }: ToldFeedback,
): ControlRequest {
  const told = { from, labels, id };
  if (inputs === undefined) {
    tensors.assertEnd();
    if (id === undefined) throw wrong("feedback needs labels, and the id of an answered request or inputs");
    return { kind: "feedback", model, feedback: { ...told, samples: { kind: "answered", id } } };
  }
  const served = answerer.hasNoVersion(model) ? describeFirst(inputs) : answerer.find(model, { version }).file;
  const file = (readFirst(inputs).datatype === "UINT8" && describeAsBytes(served)) || served;
  const read = readInputs(inputs, { file, tensors, limits });
  tensors.assertEnd();
  const [input = new Uint8Array(0)] = read.inputs;
  const samples: Feedback["samples"] = { kind: "sent", rows: read.rows, input: new Uint8Array(input), file };
  return { kind: "feedback", model, feedback: { ...told, samples } };
}

/** Who tells: the header Firn-From, or else where it came from. @throws {ProtocolError} 400 if it is too long. */
export function chooseFrom(header: string | null | undefined, peer: string | undefined): string {
  const from = header ?? peer ?? "unknown";
  if (from.length <= MAX_FROM_LENGTH) return from;
  throw wrong(`Firn-From may have ${MAX_FROM_LENGTH} characters at the most, got ${from.length}`);
}

/** Before there is a model, the samples say what they are like. */
function describeFirst(inputs: unknown): ServedFile {
  const others: readonly unknown[] = Array.isArray(inputs) ? inputs.slice(1) : [];
  const { name, datatype, shape } = readFirst(inputs);
  const elementType = FIRST_TYPES[String(datatype)];
  const lengths: unknown[] = Array.isArray(shape) ? shape : [];
  const isShape = lengths.length > 1 && lengths.every((length) => Number.isSafeInteger(length) && Number(length) > 0);
  if (name !== "input" || elementType === undefined || !isShape || others.length > 0) {
    const wanted = 'one tensor "input" of FP32 or UINT8 with the shape [rows, …]';
    throw wrong(`the model has no version yet: its first samples must be ${wanted}`);
  }
  const port = createPort({ name, elementType, shape: ["N", ...lengths.slice(1).map(Number)] }, "feedback");
  return { inputs: [port], outputs: [], classNames: undefined, metadata: {}, isDivided: false };
}

function readFirst(inputs: unknown): Fields {
  const given: unknown = Array.isArray(inputs) ? inputs[0] : undefined;
  return typeof given === "object" && given !== null ? { ...given } : {};
}

function wrong(message: string): ProtocolError {
  return new ProtocolError(400, message);
}
