import type { ThreadStatistics } from "../answering/serving_command.ts";
import type { ModelVersion } from "./model_version.ts";
import type { ServedModel } from "./served_model.ts";

/** All versions of a model: which one answers, what the gate measured, and how a candidate agrees. */
export function describeVersions(model: ServedModel, counted: readonly ThreadStatistics[]): object {
  const { candidate } = model;
  return {
    name: model.name,
    current: model.current ?? null,
    candidate: candidate ? { version: candidate.version, share: candidate.share } : null,
    best_accuracies: Object.fromEntries(model.bestAccuracies),
    versions: model.versions.map((version) => {
      const counts = counted.find((one) => one.version === version.file.version)?.counts;
      const loaded = model.getLoaded(version.file.version);
      return {
        ...describeOne(version),
        is_loaded: loaded !== undefined,
        ...(loaded ? { class_names: loaded.prepared.file.classNames ?? null, batch: loaded.prepared.capacity } : {}),
        ...(counts ? { requests: counts.requests, predicted: counts.predicted } : {}),
        ...(counts && counts.shadowRows > 0 ? { agreement: describeAgreement(counts) } : {}),
      };
    }),
  };
}

function describeOne({ file, state, accuracies }: ModelVersion): object {
  return {
    version: file.version,
    state: state.kind,
    ...(state.kind === "refused" ? { reason: state.refusal.reason, can_be_forced: state.refusal.isForgetting } : {}),
    accuracies: accuracies.map(({ accuracy, experience }) => ({ experience, accuracy })),
  };
}

function describeAgreement({ shadowRows, shadowAgreements }: ThreadStatistics["counts"]): object {
  return { rows: shadowRows, same_class: shadowAgreements, share: shadowAgreements / shadowRows };
}
