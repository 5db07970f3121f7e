/**
 * Runs with a directory, what they export, and reports about them: `firn/runs`.
 * @module
 */

export { writeAtomically } from "./core/write_atomically.ts";
export { type ReportOptions, writeReport } from "./report/write_report.ts";
export { createTrainingRun, resumeTrainingRun } from "./runs/create_training_run.ts";
export { exportStrategy, type StrategyExport, type StrategyExportOptions } from "./runs/export_strategy.ts";
export type { TrainingRun } from "./runs/training_run.ts";
