import { z } from "zod";
import { RangeRefusal, SyntaxRefusal } from "../../core/errors/errors.ts";
import { modelMessage } from "../../onnx/file/model_message.ts";
import { createPort, type DeclaredTensor, type TensorPort } from "./tensor_port.ts";

/** What is known of a model from its file alone. Plain data: it crosses to other threads. */
export interface ServedFile {
  readonly inputs: readonly TensorPort[];
  readonly outputs: readonly TensorPort[];
  /** The label of each column of the outputs, where the file has them. */
  readonly classNames: readonly string[] | undefined;
  /** The free text in the file, by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether its tensors stand in a file beside it. */
  readonly isDivided: boolean;
}

/** ONNX's number for a tensor whose data stand in another file. */
const EXTERNAL = 1;

const dimension = z
  .object({ dim_value: z.number().optional(), dim_param: z.string().optional() })
  .transform(({ dim_value, dim_param = "" }) => dim_value ?? dim_param);

const valueInfo = z
  .object({
    name: z.string(),
    type: z.object({
      tensor_type: z.object({
        elem_type: z.number(),
        shape: z.object({ dim: z.array(dimension).default([]) }).nullish(),
      }),
    }),
  })
  .transform(
    ({ name, type: { tensor_type: tensor } }): DeclaredTensor => ({
      name,
      elementType: tensor.elem_type,
      shape: tensor.shape?.dim ?? [],
    }),
  );

const fileSchema = z.object({
  metadata_props: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
  graph: z.object({
    initializer: z.array(z.object({ name: z.string(), data_location: z.number().optional() })).default([]),
    input: z.array(valueInfo),
    output: z.array(valueInfo),
  }),
});

const namesSchema = z.array(z.string());

/**
 * Reads the inputs, outputs and free text of an ONNX file, written by Firn or not. Nodes are onnxruntime's business.
 * @param subject What messages begin with: the file.
 * @throws {SyntaxRefusal} If the bytes are no such file. {RangeRefusal} If an input or output is not one row a sample.
 */
export function parseServedFile(bytes: Uint8Array, subject: string): ServedFile {
  const { metadata_props, graph } = decode(bytes, subject);
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const metadata = Object.fromEntries(metadata_props.map(({ key, value }) => [key, value]));
  const inputs = graph.input.filter(({ name }) => !constants.has(name)).map((input) => createPort(input, subject));
  if (inputs.length === 0) throw new RangeRefusal(`${subject}: the model has no input`);
  return {
    inputs,
    outputs: graph.output.map((output) => createPort(output, subject)),
    classNames: parseClassNames(metadata["firn.class_names"], subject),
    metadata,
    isDivided: graph.initializer.some(({ data_location }) => data_location === EXTERNAL),
  };
}

function decode(bytes: Uint8Array, subject: string): z.infer<typeof fileSchema> {
  let message: unknown;
  try {
    message = modelMessage.toObject(modelMessage.decode(bytes), { longs: Number });
  } catch (cause) {
    throw new SyntaxRefusal(`${subject}: not an ONNX file, or not the whole of one`, { cause });
  }
  const { data, error } = fileSchema.safeParse(message);
  if (data) return data;
  const place = error.issues[0]?.path.join(".") ?? "";
  throw new SyntaxRefusal(`${subject}: not an ONNX model of tensors: ${place} is missing or of another kind`);
}

function parseClassNames(text: string | undefined, subject: string): readonly string[] | undefined {
  if (text === undefined) return undefined;
  try {
    return namesSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new SyntaxRefusal(`${subject}: firn.class_names must be a list of texts as JSON`, { cause });
  }
}
