import { z } from "zod";
import type { Fields } from "../protocol/infer_request.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { TensorSource } from "../protocol/tensor_source.ts";

/** Parameters of a message, by name: each is one of several types. */
export const parametersSchema = z.record(
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

/** Tensors of a message: each has its values in it, or all have them in `raw_input_contents`. */
export const tensorsSchema = z.object({
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
  raw_input_contents: z.array(z.instanceof(Uint8Array)),
});

/** Tensors as JSON has them, and the values that stand beside them. */
export function readTensors({ inputs, raw_input_contents: raw }: z.infer<typeof tensorsSchema>): {
  readonly inputs: readonly Fields[];
  readonly tensors: TensorSource;
} {
  const fields = inputs.map(({ contents, ...input }, i) => {
    const bytes = raw[i];
    if (bytes) return { ...input, parameters: { ...input.parameters, binary_data_size: bytes.length } };
    return { ...input, data: contents ? findContents(contents) : [] };
  });
  return { inputs: fields, tensors: new RawTensors(raw) };
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
