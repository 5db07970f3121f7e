import { Counter, Gauge, Registry } from "prom-client";
import type { ThreadStatistics } from "../answering/serving_command.ts";
import type { VersionStatistics } from "../answering/version_statistics.ts";
import type { ServedModel } from "../repository/served_model.ts";

const LABELS = ["model", "version"] as const;

type Reading = readonly [name: string, help: string, read: (counts: VersionStatistics) => number];

const COUNTERS: readonly Reading[] = [
  ["firn_requests_total", "Requests that were answered", ({ requests }) => requests],
  ["firn_rows_total", "Rows in them", ({ rows }) => rows],
  ["firn_failures_total", "Requests that the model could not answer", ({ failures }) => failures],
  ["firn_executions_total", "Batches that were run", ({ executions }) => executions],
  ["firn_queue_seconds_total", "Time that requests waited", ({ queueNs }) => queueNs / 1e9],
  ["firn_compute_seconds_total", "Time that batches ran", ({ computeNs }) => computeNs / 1e9],
  ["firn_shadow_rows_total", "Rows that a silent candidate was compared on", ({ shadowRows }) => shadowRows],
  ["firn_shadow_agreements_total", "Those that it gave the same class", ({ shadowAgreements }) => shadowAgreements],
];

const GAUGES: readonly Reading[] = [
  ["firn_feature_mean", "Mean of the input's values since the version was opened", measureMean],
  ["firn_feature_mean_recent", "The same of about the last thousand rows", ({ recentMean }) => recentMean],
  [
    "firn_class_drift",
    "Total variation between predicted classes of about the last thousand rows and all, from 0 to 1",
    measureClassDrift,
  ],
];

/**
 * All counts in the text format of Prometheus. Labels are models, loaded versions and columns: nothing that a stranger
 * sends.
 */
export function formatMetrics(models: readonly ServedModel[], counted: readonly ThreadStatistics[]): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  for (const [name, help, read] of COUNTERS) {
    const counter = new Counter({ name, help, labelNames: LABELS, registers });
    for (const { model, version, counts } of counted) counter.inc({ model, version }, read(counts));
  }
  for (const [name, help, read] of GAUGES) {
    const gauge = new Gauge({ name, help, labelNames: LABELS, registers });
    for (const { model, version, counts } of counted) gauge.set({ model, version }, read(counts));
  }
  const predicted = new Counter({
    name: "firn_predicted_total",
    help: "Rows by the column of their largest output",
    labelNames: [...LABELS, "column"],
    registers,
  });
  for (const { model, version, counts } of counted) {
    for (const [column, count] of counts.predicted.entries()) {
      predicted.inc({ model, version, column: String(column) }, count);
    }
  }
  addModels(models, registers);
  return registry.metrics();
}

function addModels(models: readonly ServedModel[], registers: Registry[]): void {
  const current = new Gauge({ name: "firn_current_version", help: "Which answers", labelNames: ["model"], registers });
  const accuracy = new Gauge({
    name: "firn_gate_accuracy",
    help: "Accuracy of the version that answers on held samples",
    labelNames: ["model", "experience"],
    registers,
  });
  for (const model of models) {
    if (model.current === undefined) continue;
    current.set({ model: model.name }, Number(model.current));
    for (const one of model.getLoaded()?.accuracies ?? []) {
      accuracy.set({ model: model.name, experience: String(one.experience) }, one.accuracy);
    }
  }
}

function measureMean({ featureSum, featureCount }: VersionStatistics): number {
  return featureCount === 0 ? 0 : featureSum / featureCount;
}

/** Half the sum of the differences of two distributions: 0 where they are equal, 1 where they share nothing. */
export function measureClassDrift({ predicted, recentPredicted }: VersionStatistics): number {
  const [all, recent] = [sum(predicted), sum(recentPredicted)];
  if (all === 0 || recent === 0) return 0;
  return (
    predicted.reduce((drift, count, i) => drift + Math.abs(count / all - (recentPredicted[i] ?? 0) / recent), 0) / 2
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
