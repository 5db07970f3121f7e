/**
 * Exported models: how they are written, checked and evaluated: `firn/onnx`.
 * @module
 */

export { checkExport } from "./onnx/export/check_export.ts";
export { evaluateExport, readExportMetadata } from "./onnx/export/evaluate_export.ts";
export { exportModel } from "./onnx/export/export_model.ts";
export type { PredictionHead } from "./onnx/export/prediction_head.ts";
export type { TaskParameters } from "./onnx/export/task_parameters.ts";
