import { z } from "zod";
import { createFeedback } from "../feedback/create_feedback.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { Service } from "../protocol/service.ts";
import type { ControlRequest } from "../protocol/serving_control.ts";
import { readTensors, tensorsSchema } from "./grpc_tensors.ts";
import type { Message } from "./messages.ts";

const requestSchema = tensorsSchema.extend({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string(),
  labels: z.array(
    z
      .object({ name: z.string().optional(), column: z.number().optional() })
      .transform(({ name, column }) => name ?? column ?? null),
  ),
});

/** What came beside a message of feedback. */
export interface GrpcTeller {
  readonly from: string;
  readonly version: string | undefined;
}

/** What a message of ModelFeedback says. @throws {ProtocolError} As over HTTP. */
export function readGrpcFeedback(message: Message, service: Service, teller: GrpcTeller): ControlRequest {
  const { data, error } = requestSchema.safeParse(message);
  if (!data) throw new ProtocolError(400, `malformed feedback: ${error.issues[0]?.message}`);
  const { model_name: model, model_version: named, labels } = data;
  const { inputs, tensors } = readTensors(data);
  return createFeedback(service, {
    model,
    from: teller.from,
    labels,
    id: data.id === "" ? undefined : data.id,
    inputs: inputs.length === 0 ? undefined : inputs,
    tensors,
    version: named === "" ? teller.version : named,
  });
}
