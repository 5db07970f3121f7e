import { formatBytes } from "../../core/array_limit.ts";
import { RangeRefusal } from "../../core/errors/errors.ts";
import { joinBytes } from "../../core/join_bytes.ts";
import { encodeModel, measureModel } from "./encode_model.ts";
import type { OnnxModel, OnnxTensor } from "./onnx_model.ts";

/** A message of Protocol Buffers, which an ONNX file is, has its length in 31 bits. */
const MAX_FILE_BYTES = 2 ** 31 - 1;
/** Smaller tensors stay in the file: shapes, axes and biases. */
const LEAST_EXTERNAL_BYTES = 1024;
/** Tensors begin on pages, so that a runtime can map them into its memory. */
const PAGE_BYTES = 4096;

/** The bytes of an ONNX file, and of the file beside it where one is too small for the model. */
export interface EncodedFiles {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Undefined where all stands in the one file. */
  readonly data?: Uint8Array<ArrayBuffer>;
}

/** How a model is divided into files. */
export interface FileDivision {
  /** What the file beside it is called, in the same folder. Default: none, and a model that needs it is refused. */
  readonly dataLocation?: string | undefined;
  /** The most bytes that one file may have before tensors move out of it. Default: 2 GiB, the format's limit. */
  readonly maxFileBytes?: number | undefined;
}

/**
 * A model as one ONNX file or, where that would be too large, as one with its tensors in a file beside it: ONNX's
 * external data. The caller owns the result.
 * @throws {RangeRefusal} If it is too large for one file and there is no name for another.
 */
export function encodeFiles(
  model: OnnxModel,
  { dataLocation, maxFileBytes = MAX_FILE_BYTES }: FileDivision = {},
): EncodedFiles {
  const size = measureModel(model);
  if (size <= maxFileBytes) return { bytes: encodeModel(model) };
  if (dataLocation === undefined) {
    const limit = formatBytes(maxFileBytes);
    throw new RangeRefusal(
      `an ONNX file must have at most ${limit}, got ${formatBytes(size)}: dataLocation names a file for its tensors`,
    );
  }
  const { initializers, pieces } = moveOut(model.graph.initializers, dataLocation);
  return { bytes: encodeModel({ ...model, graph: { ...model.graph, initializers } }), data: joinBytes(pieces) };
}

/** The tensors as the file names them, and the contents of the other file in pieces. */
function moveOut(
  tensors: readonly OnnxTensor[],
  location: string,
): { readonly initializers: readonly OnnxTensor[]; readonly pieces: readonly Uint8Array[] } {
  const pieces: Uint8Array[] = [];
  let end = 0;
  const initializers = tensors.map((tensor) => {
    const { length } = tensor.bytes;
    if (length < LEAST_EXTERNAL_BYTES) return tensor;
    const offset = Math.ceil(end / PAGE_BYTES) * PAGE_BYTES;
    pieces.push(new Uint8Array(offset - end), tensor.bytes);
    end = offset + length;
    return { ...tensor, bytes: new Uint8Array(0), external: { location, offset, length } };
  });
  return { initializers, pieces };
}
