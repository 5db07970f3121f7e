/**
 * Where a run exports the model trained up to an experience, relative to its folder: at least three digits. A summary
 * or checkpoint that says something else was not written by a run.
 */
export const EXPORT_PATH = /^onnx\/experience-\d{3,}\.onnx$/;

/** The model that a run began with, in its folder: there where it is another run's. */
export const START_MODEL_FILE = "start_model.safetensors";

/** The weights of a run that are not trained, in its folder: there where no other file holds them. */
export const FROZEN_WEIGHTS_FILE = "frozen_weights.safetensors";

/** The path that `EXPORT_PATH` describes. */
export function formatExportPath(experience: number): string {
  return `onnx/experience-${String(experience).padStart(3, "0")}.onnx`;
}

/** Where a run writes the same model in the form of its option `export`. */
export function formatConvertedPath(experience: number): string {
  return formatExportPath(experience).replace("onnx/", "export/");
}

/** The file beside an exported one that takes its tensors where one would be too large. */
export function nameDataFile(exportPath: string): string {
  return `${exportPath}.data`;
}
