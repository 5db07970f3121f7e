import { readFile } from "node:fs/promises";
import { RangeRefusal, RefusalError } from "../../../core/errors/errors.ts";
import { withFileNamed } from "../../../core/errors/system_error.ts";
import { createRunGate } from "../../../serving/gate/run_gate.ts";
import { parseServedFile, type ServedFile } from "../../../serving/model_file/served_file.ts";
import { findModelPlace, listVersionFiles } from "../../../serving/repository/version_files.ts";
import type { DescribedModel } from "../../../web/browser/image_form.ts";
import { readImageForm } from "../../../web/browser/image_form.ts";
import type { WebVersion } from "./web_folder.ts";

/** What a page reads of what a file says of itself. */
const SHOWN_KEYS: readonly string[] = [
  "firn.normalization",
  "firn.preprocess",
  "firn.layout",
  "firn.feature_names",
  "firn.targets",
  "firn.target_names",
];

/** A version and the bytes of its ONNX file. */
export interface ReadWebVersion extends WebVersion {
  readonly contents: Uint8Array;
}

/**
 * Reads every version of a run, of a folder of ONNX files, or of one file, oldest first.
 * @throws {RefusalError} If there is none, or one is too large for a browser, broken, or takes no images.
 */
export async function readWebVersions(path: string): Promise<readonly ReadWebVersion[]> {
  const place = await findModelPlace(path);
  const files = await listVersionFiles(place);
  if (files.length === 0)
    throw new RefusalError(`${path} holds no exported model: a run writes them to its folder onnx`);
  const gate = place.isRun ? createRunGate(path) : undefined;
  const versions: ReadWebVersion[] = [];
  for (const { version, path: file } of files) {
    const contents = await withFileNamed(file, () => readFile(file));
    const description = describeFile(parseServedFile(contents, file), file);
    const accuracies = (await gate?.recorded?.(Number(version))) ?? [];
    const name = `version-${version}.onnx`;
    versions.push({ version, file: name, bytes: contents.length, description, accuracies, contents });
  }
  return versions;
}

/** As the Open Inference Protocol describes it. @throws {RangeRefusal} If a page can do nothing with it. */
function describeFile({ inputs, classNames, metadata, isDivided }: ServedFile, subject: string): DescribedModel {
  if (isDivided)
    throw new RangeRefusal(`${subject} keeps its tensors in a file beside it: it is too large for browsers`);
  const description = {
    inputs: inputs.map(({ name, datatype, rowShape }) => ({ name, datatype, shape: [-1, ...rowShape] })),
    ...(classNames ? { class_names: classNames } : {}),
    parameters: Object.fromEntries(Object.entries(metadata).filter(([key]) => SHOWN_KEYS.includes(key))),
  };
  if (readImageForm(description)) return description;
  const shapes = inputs.map(({ name, rowShape }) => `"${name}" [${rowShape.join(", ")}]`).join(" and ");
  throw new RangeRefusal(
    `${subject} takes ${shapes}: a page to draw on needs images of 784 values, [H, W, 1] or [H, W, 3], ` +
      "and a file that says how their pixels are normalised",
  );
}
