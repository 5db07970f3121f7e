import { describeValue } from "../../core/errors/errors.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import { createPort } from "../model_file/tensor_port.ts";
import { type Fields, parseLength, readBody, readInputs } from "../protocol/infer_request.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { PathParameters } from "../protocol/router.ts";
import type { RouteContext } from "../protocol/service.ts";
import type { ControlRequest } from "../protocol/serving_control.ts";
import type { Feedback } from "./feedback_collector.ts";

const FIELDS = ["id", "labels", "inputs", "parameters"];

const MAX_FROM_LENGTH = 200;

/** ONNX's numbers of the types that samples may have before there is a model. */
const FIRST_TYPES: Readonly<Record<string, number>> = { FP32: 1, UINT8: 2 };

/** What somebody posts to …/feedback, for the thread that owns the models. */
export async function readFeedback(
  { request, service, findPeer }: RouteContext,
  { model = "" }: PathParameters,
): Promise<ControlRequest> {
  const { headers } = request;
  const headerBytes = parseLength(headers.get("inference-header-content-length"));
  const body = await service.bodies.read(request);
  if (headerBytes === 0) throw wrong("feedback has labels: its inputs stand behind JSON");
  const { fields, tensors } = readBody({ body, headerBytes });
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw wrong(`unknown field ${describeValue(unknown)}; known: ${FIELDS.join(", ")}`);
  const { id, labels, inputs } = fields;
  if (id !== undefined && typeof id !== "string") throw wrong(`id must be a string, got ${describeValue(id)}`);
  const from = readFrom(headers.get("firn-from")) ?? findPeer() ?? "unknown";
  const told = { from, labels, id };
  if (inputs === undefined) {
    tensors.assertEnd();
    if (id === undefined) throw wrong("feedback needs labels, and the id of an answered request or inputs");
    return { kind: "feedback", model, feedback: { ...told, samples: { kind: "answered", id } } };
  }
  const isFirst = service.answerer.hasNoVersion(model);
  const version = headers.get("firn-version") ?? undefined;
  const file = isFirst ? describeFirst(inputs) : service.answerer.find(model, { version }).file;
  const read = readInputs(inputs, { file, tensors, limits: service.limits });
  tensors.assertEnd();
  const [input = new Uint8Array(0)] = read.inputs;
  const samples: Feedback["samples"] = { kind: "sent", rows: read.rows, input: input.slice(), file };
  return { kind: "feedback", model, feedback: { ...told, samples } };
}

function readFrom(header: string | null): string | undefined {
  if (header === null || header.length <= MAX_FROM_LENGTH) return header ?? undefined;
  throw wrong(`Firn-From may have ${MAX_FROM_LENGTH} characters at the most, got ${header.length}`);
}

/** Before there is a model, the samples say what they are like. */
function describeFirst(inputs: unknown): ServedFile {
  const [given, ...others]: unknown[] = Array.isArray(inputs) ? inputs : [];
  const { name, datatype, shape }: Fields = typeof given === "object" && given !== null ? { ...given } : {};
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

function wrong(message: string): ProtocolError {
  return new ProtocolError(400, message);
}
