/**
 * Runs with a directory, what they export, reports about them, and strategies in files: `firn/runs`.
 * @module
 */

export { writeAtomically } from "./core/write_atomically.ts";
export { type ReportOptions, writeReport } from "./report/write_report.ts";
export { type AfterRefusal, type ModelJudge, WentBackError } from "./runs/acceptance/model_judge.ts";
export type { CheckpointFolder } from "./runs/checkpoints/checkpoint_folder.ts";
export type { CheckpointInterval } from "./runs/checkpoints/checkpoint_interval.ts";
export { createTrainingRun, type ResumeOptions, resumeTrainingRun } from "./runs/create_training_run.ts";
export type { ExportLabels } from "./runs/exports/describe_export.ts";
export type { ExportForm } from "./runs/exports/export_form.ts";
export { exportStrategy, type StrategyExport, type StrategyExportOptions } from "./runs/exports/export_strategy.ts";
export type { LineFile } from "./runs/line_file.ts";
export type { LostRank } from "./runs/lost_ranks.ts";
export { createModelFromCheckpoint, createModelFromRun, type TrainedModel } from "./runs/models/create_kept_model.ts";
export type { RunParts, TrainingRunOptions } from "./runs/options/training_run_options.ts";
export { continueTrainingRun, NothingNewError } from "./runs/resuming/continue_training_run.ts";
export type { RunDirectory } from "./runs/run_directory.ts";
export type { ExperienceSummary, RunStatus, RunSummary } from "./runs/summary/run_summary.ts";
export type { TrainingRun } from "./runs/training_run.ts";
export { type LoadStrategyOptions, loadStrategy } from "./saving/load_strategy.ts";
export { saveStrategy } from "./saving/save_strategy.ts";
