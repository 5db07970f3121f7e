/**
 * Exported models: how they are written, checked and evaluated: `firn/onnx`.
 * @module
 */

export type { ConversionOptions, Precision } from "./onnx/conversion/conversion_options.ts";
export { convertExport } from "./onnx/conversion/convert_export.ts";
export { checkExport, type ExportExpectation } from "./onnx/export/check_export.ts";
export { evaluateExport, readExportMetadata } from "./onnx/export/evaluate_export.ts";
export {
  type DividedExportOptions,
  type ExportOptions,
  exportModel,
  exportModelFiles,
} from "./onnx/export/export_model.ts";
export type { ExportBatch, ExportSource, ExternalData } from "./onnx/export/export_session.ts";
export type { ExportedNetwork } from "./onnx/export/exported_network.ts";
export type { HeadForm } from "./onnx/export/head_form.ts";
export type { Preprocessing } from "./onnx/export/input_form.ts";
export type {
  AffineHead,
  ByTaskHead,
  CosineHead,
  EnsembleHead,
  LinearHead,
  MahalanobisHead,
  NearestMeanHead,
  Plane,
  PredictionHead,
  RandomFeaturesHead,
  RectifiedHead,
  ScoringHead,
  VectorsByClass,
} from "./onnx/export/prediction_head.ts";
export type { TaskParameters } from "./onnx/export/task_parameters.ts";
export type { EncodedFiles, FileDivision } from "./onnx/file/encode_files.ts";
export type { KernelGradientForm } from "./onnx/growing_graph.ts";
export type { ProgressiveSettings, ProgressiveWidth } from "./onnx/layers/heads/progressive_columns.ts";
export type { LayerSpec, ModelSpec } from "./onnx/layers/layer_spec.ts";
export type { RowMeasure } from "./onnx/row_measure.ts";
export type { FrozenPart } from "./onnx/topology/find_frozen_part.ts";
export { parseTopology } from "./onnx/topology/parse_topology.ts";
