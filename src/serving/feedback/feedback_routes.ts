import { describeValue } from "../../core/errors/errors.ts";
import { parseLength, readBody } from "../protocol/infer_request.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { PathParameters } from "../protocol/router.ts";
import type { RouteContext } from "../protocol/service.ts";
import type { ControlRequest } from "../protocol/serving_control.ts";
import { chooseFrom, createFeedback } from "./create_feedback.ts";

const FIELDS = ["id", "labels", "inputs", "parameters"];

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
  const from = chooseFrom(headers.get("firn-from"), findPeer());
  const version = headers.get("firn-version") ?? undefined;
  return createFeedback(service, { model, from, labels, id, inputs, tensors, version });
}

function wrong(message: string): ProtocolError {
  return new ProtocolError(400, message);
}
