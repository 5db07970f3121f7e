import { z } from "zod";
import { readChange } from "../model_file/sample_parts.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import type { TensorPort, TensorType } from "../model_file/tensor_port.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { NpyForm } from "./encode_npy.ts";

const DESCRS: Readonly<Record<TensorType, string>> = { FP32: "<f4", INT64: "<i8", INT32: "<i4", UINT8: "|u1" };

/** The protocol's name of a type that is kept: "FP32" for "<f4". */
export function nameDatatype(descr: string): string {
  return Object.entries(DESCRS).find(([, kept]) => kept === descr)?.[0] ?? descr;
}

/** The key under which a run's export says how its values were made from raw ones. */
const NORMALIZATION = "firn.normalization";

const normalizationSchema = z.object({
  scale: z.number().positive(),
  mean: z.array(z.number()),
  std: z.array(z.number()),
});

type Normalization = z.infer<typeof normalizationSchema>;

/** Raw samples, as files hold them that a run is trained on. */
export interface RawSamples extends NpyForm {
  /** The values of all rows. */
  readonly bytes: Uint8Array;
}

/** How far from a whole number a value may be that was a pixel. */
const PIXEL_TOLERANCE = 0.05;

/**
 * Undoes what was done to samples before a model takes them, which its file says: a run that trains on them does it
 * again. Pixels become bytes again.
 * @throws {ProtocolError} 400 if the model takes no samples of one tensor with classes, or a value was no pixel.
 */
export function restoreRaw(input: Uint8Array, { file, rows }: { file: ServedFile; rows: number }): RawSamples {
  const [port, ...others] = file.inputs;
  const { "firn.targets": targets } = file.metadata;
  if (!port || others.length > 0) throw wrong("feedback needs a model with one input");
  if (targets !== undefined) throw wrong(`feedback is for classes, and the model predicts ${targets}`);
  const axes = port.rowShape.length;
  if (axes < 1 || axes > 3) throw wrong(`feedback needs samples of one to three axes, and the model takes ${axes}`);
  if (port.datatype === "FP32") assertFinite(input);
  const { rowShape, bytes } = restoreOrder(input, { file, port });
  const shape = [rows, ...rowShape];
  const normalization = readNormalization(file);
  if (!normalization || port.datatype !== "FP32") return { descr: DESCRS[port.datatype], shape, bytes };
  const values = undo(new Float32Array(new Uint8Array(bytes).buffer), normalization);
  if (!isOfBytes(normalization)) return { descr: "<f4", shape, bytes: new Uint8Array(values.buffer) };
  return { descr: "|u1", shape, bytes: toPixels(values) };
}

/** Puts channels last, where they are in the data: a file may take them first. */
function restoreOrder(
  input: Uint8Array,
  { file, port }: { readonly file: ServedFile; readonly port: TensorPort },
): { readonly rowShape: readonly number[]; readonly bytes: Uint8Array } {
  const { rowShape, rowLength, rowBytes } = port;
  const [channels = 1, height = 1, width = 1] = rowShape;
  switch (readChange(file.metadata)) {
    case "none":
      return { rowShape, bytes: input };
    case "flatten":
      throw wrong(
        "feedback needs samples of the data's shape, and this file takes them flat: serve the run's own file",
      );
    case "channelsFirst": {
      const itemBytes = rowBytes / rowLength;
      const bytes = new Uint8Array(input.length);
      for (let from = 0; from < input.length; from += itemBytes) {
        const item = (from % rowBytes) / itemBytes;
        const [channel, pixel] = [Math.floor(item / (height * width)), item % (height * width)];
        const to = from - (from % rowBytes) + (pixel * channels + channel) * itemBytes;
        bytes.set(input.subarray(from, from + itemBytes), to);
      }
      return { rowShape: [height, width, channels], bytes };
    }
  }
}

/**
 * The model as it takes bytes: one that was trained on pixels can be given them as they were before its normalisation.
 * Undefined for others.
 */
export function describeAsBytes(file: ServedFile): ServedFile | undefined {
  const [port, ...others] = file.inputs;
  if (port?.datatype !== "FP32" || others.length > 0) return undefined;
  const normalization = readNormalization(file);
  if (!normalization || !isOfBytes(normalization)) return undefined;
  return { ...file, inputs: [{ ...port, datatype: "UINT8", rowBytes: port.rowLength }] };
}

/** What is no number cannot be trained on. */
function assertFinite(input: Uint8Array): void {
  const astray = new Float32Array(new Uint8Array(input).buffer).find((value) => !Number.isFinite(value));
  if (astray !== undefined) throw wrong(`feedback needs finite values, got ${astray}`);
}

/** Undefined where nothing was done. */
function readNormalization({ metadata }: ServedFile): Normalization | undefined {
  const text = metadata[NORMALIZATION];
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const { data } = normalizationSchema.safeParse(json);
  if (!data) throw wrong(`the model's ${NORMALIZATION} cannot be read`);
  return data.scale === 1 && data.mean.length === 0 && data.std.length === 0 ? undefined : data;
}

function isOfBytes({ scale }: Normalization): boolean {
  return Math.abs(scale * 255 - 1) < 1e-9;
}

/** Channels come last. */
function undo(values: Float32Array<ArrayBuffer>, { scale, mean, std }: Normalization): Float32Array<ArrayBuffer> {
  const at = (list: readonly number[], i: number, none: number) => list[i % Math.max(1, list.length)] ?? none;
  return values.map((value, i) => (value * at(std, i, 1) + at(mean, i, 0)) / scale);
}

function toPixels(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => {
    const pixel = Math.round(value);
    if (pixel >= 0 && pixel <= 255 && Math.abs(value - pixel) <= PIXEL_TOLERANCE) return pixel;
    const advice = "send pixels from 0 to 255 as UINT8, or values that were made of whole pixels";
    throw wrong(`the model was trained on pixels, and a value stands for the pixel ${value}: ${advice}`);
  });
}

function wrong(message: string): ProtocolError {
  return new ProtocolError(400, message);
}
