import { z } from "zod";
import type { Answerer } from "../answering/answerer.ts";
import { type InferLimits, readInferFields } from "../protocol/infer_request.ts";
import { encodeOutputs } from "../protocol/infer_response.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { parametersSchema, readTensors, tensorsSchema } from "./grpc_tensors.ts";
import type { Message } from "./messages.ts";

const requestSchema = tensorsSchema.extend({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string(),
  parameters: parametersSchema.default({}),
  outputs: z.array(z.object({ name: z.string(), parameters: parametersSchema.default({}) })),
});

/** How a gRPC request names its version, beside the message. */
export interface GrpcWish {
  readonly version: string | undefined;
  readonly key: string | undefined;
}

/** Answers ModelInfer. Values come back as raw bytes, however they were sent. @throws {ProtocolError} As over HTTP. */
export async function answerGrpcInfer(
  message: Message,
  { answerer, limits, wish }: { readonly answerer: Answerer; readonly limits: InferLimits; readonly wish: GrpcWish },
): Promise<Message> {
  const { data: request, error } = requestSchema.safeParse(message);
  if (!request) throw new ProtocolError(400, `malformed request: ${error.issues[0]?.message}`);
  const version = request.model_version === "" ? wish.version : request.model_version;
  const open = answerer.find(request.model_name, { version, key: wish.key });
  const { inputs, tensors } = readTensors(request);
  const fields = {
    ...(request.id === "" ? {} : { id: request.id }),
    parameters: { ...request.parameters, binary_data_output: true },
    inputs,
    outputs: request.outputs,
  };
  const parsed = readInferFields(fields, { file: open.file, limits, tensors });
  const outputs = open.file.outputs.map(({ rowBytes }) => new Uint8Array(parsed.rows * rowBytes));
  await answerer.answer(open, { rows: parsed.rows, inputs: parsed.inputs, outputs });
  answerer.remember(open, parsed);
  const encoded = encodeOutputs(open, { request: parsed, outputs });
  return {
    model_name: open.model,
    model_version: open.version,
    id: request.id,
    outputs: encoded.map((output) => output.fields),
    raw_output_contents: encoded.map(({ binary }) => binary ?? new Uint8Array(0)),
  };
}
