import { z } from "zod";
import type { Answerer } from "../answering/answerer.ts";
import { type InferLimits, readInferFields, type TensorSource } from "../protocol/infer_request.ts";
import { encodeOutputs } from "../protocol/infer_response.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { Message } from "./messages.ts";

const parametersSchema = z.record(
  z.string(),
  z
    .object({
      bool_param: z.boolean().optional(),
      int64_param: z.number().optional(),
      string_param: z.string().optional(),
      double_param: z.number().optional(),
      uint64_param: z.number().optional(),
    })
    .transform((choice) => Object.values(choice).find((value) => value !== undefined)),
);

const numbers = z.array(z.number()).default([]);

const requestSchema = z.object({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string(),
  parameters: parametersSchema.default({}),
  inputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.string(),
      shape: z.array(z.number()),
      parameters: parametersSchema.default({}),
      contents: z
        .object({ int_contents: numbers, int64_contents: numbers, uint_contents: numbers, fp32_contents: numbers })
        .nullish(),
    }),
  ),
  outputs: z.array(z.object({ name: z.string(), parameters: parametersSchema.default({}) })),
  raw_input_contents: z.array(z.instanceof(Uint8Array)),
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
  const tensors = new RawTensors(request.raw_input_contents);
  const fields = {
    ...(request.id === "" ? {} : { id: request.id }),
    parameters: { ...request.parameters, binary_data_output: true },
    inputs: request.inputs.map(({ contents, ...input }, i) => {
      const raw = request.raw_input_contents[i];
      if (raw) return { ...input, parameters: { ...input.parameters, binary_data_size: raw.length } };
      return { ...input, data: contents ? findContents(contents) : [] };
    }),
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

/** The list that holds something: which one it is depends on the tensor's type. */
function findContents(contents: Readonly<Record<string, readonly number[]>>): readonly number[] {
  return Object.values(contents).find(({ length }) => length > 0) ?? [];
}

/** Tensors that come in a list, one for each input. */
class RawTensors implements TensorSource {
  readonly #tensors: readonly Uint8Array[];
  #taken = 0;

  constructor(tensors: readonly Uint8Array[]) {
    this.#tensors = tensors;
  }

  take(length: number, name: string): Uint8Array {
    const tensor = this.#tensors[this.#taken];
    this.#taken += 1;
    if (tensor?.length === length) return tensor;
    throw new ProtocolError(400, `"${name}" needs ${length} raw bytes, got ${tensor?.length ?? 0}`);
  }

  assertEnd(): void {
    const left = this.#tensors.length - this.#taken;
    if (left > 0) throw new ProtocolError(400, `raw_input_contents holds ${left} tensors too many`);
  }
}
