import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { valueAt } from "../../core/element_at.ts";
import { RangeRefusal, SyntaxRefusal } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";
import { assertOptions } from "../../core/options/assert_options.ts";
import { text, wholeNumber } from "../../core/options/value_rules.ts";
import { type ExportSource, nameSource, readExport } from "../export/export_session.ts";
import { LAYOUT_KEY, PREPROCESS_KEY } from "../export/input_form.ts";
import { ORIGINAL_KEY } from "../export/original/original_form.ts";
import { decodeModel } from "../file/decode_model.ts";
import { type EncodedFiles, encodeFiles, type FileDivision } from "../file/encode_files.ts";
import type { OnnxModel, OnnxTensor } from "../file/onnx_model.ts";
import { CONVERSION_RULES, type ConversionOptions } from "./conversion_options.ts";
import { convertModel } from "./convert_model.ts";

/**
 * An exported file in the form that somebody needs who takes it from there: another layout, raw values, more outputs,
 * smaller numbers, another version of ONNX. Constants and BatchNormalization are folded in any case. The metadata say
 * what was done: `firn.layout`, `firn.preprocess`, `firn.precision`. The caller owns the result.
 * @param source A file that a run exported, or its path.
 * @throws {RefusalError} If the file cannot be read, was converted before, or cannot have that form.
 * @example
 * const { bytes } = await convertExport("runs/naive-split-mnist-1/onnx/latest.onnx", { softmax: true, opset: 18 });
 * await writeFile("model.onnx", bytes);
 */
export async function convertExport(
  source: ExportSource,
  options: ConversionOptions & FileDivision = {},
): Promise<EncodedFiles> {
  assertOptions("convertExport", options, { ...CONVERSION_RULES, dataLocation: text(), maxFileBytes: wholeNumber(1) });
  const { dataLocation, maxFileBytes, ...conversion } = options;
  const model = await readWhole(source);
  assertUnconverted(model, nameSource(source));
  return encodeFiles(await convertModel(model, conversion), { dataLocation, maxFileBytes });
}

/** The file with all of its tensors, those of the file beside it too. */
async function readWhole(source: ExportSource): Promise<OnnxModel> {
  const subject = nameSource(source);
  const model = decodeNamed(await readExport(source), subject);
  const locations = new Set(model.graph.initializers.flatMap(({ external }) => external?.location ?? []));
  const files = new Map<string, Uint8Array>();
  for (const location of locations) {
    if (typeof source !== "string") throw new RangeRefusal(`${subject} names the file "${location}": give its path`);
    const path = join(dirname(source), location);
    files.set(location, await withFileNamed(path, () => readFile(path)));
  }
  const read = (tensor: OnnxTensor): OnnxTensor => {
    const { external, ...rest } = tensor;
    if (!external) return tensor;
    const { location, offset, length } = external;
    const bytes = valueAt(files, location).subarray(offset, offset + length);
    if (bytes.length === length) return { ...rest, bytes };
    throw new SyntaxRefusal(`${subject}: "${location}" must hold ${offset + length} bytes for "${tensor.name}"`);
  };
  return { ...model, graph: { ...model.graph, initializers: model.graph.initializers.map(read) } };
}

function decodeNamed(bytes: Uint8Array, subject: string): OnnxModel {
  try {
    return decodeModel(bytes);
  } catch (cause) {
    if (cause instanceof SyntaxRefusal) throw new SyntaxRefusal(`${subject}: ${cause.message}`, { cause });
    throw cause;
  }
}

/** A second conversion would normalise twice, or quantise what is quantised. */
function assertUnconverted({ metadata, producerName }: OnnxModel, subject: string): void {
  const done = [LAYOUT_KEY, PREPROCESS_KEY, "firn.precision", ORIGINAL_KEY].filter(
    (key) => metadata[key] !== undefined,
  );
  if (producerName !== "firn")
    throw new RangeRefusal(`${subject} was not exported by Firn: only its own files can be converted`);
  if (done.length === 0) return;
  throw new RangeRefusal(`${subject} was converted before (${done.join(", ")}): convert the file of the run`);
}
