import type { GateAccuracy } from "../gate/gate_set.ts";
import type { PreparedVersion } from "../workers/prepare_version.ts";
import type { VersionFile } from "./version_files.ts";

/** Accuracies on the experiences that a version must not have forgotten, and who measured them. */
export interface VersionAccuracies {
  readonly accuracies: readonly GateAccuracy[];
  readonly measuredBy?: "held samples" | "the run's summary";
}

/** A version that is loaded: it answers, or could. */
export interface LoadedVersion extends VersionAccuracies {
  readonly source: VersionFile;
  readonly prepared: PreparedVersion;
}

/** Why a file is not used. */
export interface Refusal extends Partial<VersionAccuracies> {
  readonly mark: string;
  readonly reason: string;
  /** True where the gate refused it: somebody may promote it by hand all the same. */
  readonly isForgetting: boolean;
  /** True where nothing was known that the gate could compare. */
  readonly isUnmeasured?: boolean;
}

/** What became of a version's newest file. */
export type VersionState =
  | { readonly kind: "loading" }
  | { readonly kind: "ready" }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** It answered once, and was released; or the model is unloaded. */
  | { readonly kind: "released" };

/** A version of a model. Versions of a run are its experiences. */
export interface ModelVersion {
  readonly file: VersionFile;
  readonly state: VersionState;
  /** What was measured last, where it was. */
  readonly accuracies: readonly GateAccuracy[];
}

/** A version with what was measured of it. */
export function createVersion(
  file: VersionFile,
  state: VersionState,
  accuracies: readonly GateAccuracy[] = [],
): ModelVersion {
  return { file, state, accuracies };
}

/** A version in the protocol's repository index: one sentence where it is not ready. */
export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: "READY" | "LOADING" | "UNAVAILABLE";
  readonly reason: string;
}

/** What the index says of a version. */
export function describeVersion(name: string, { file: { version }, state }: ModelVersion): IndexEntry {
  switch (state.kind) {
    case "loading":
      return { name, version, state: "LOADING", reason: "" };
    case "ready":
      return { name, version, state: "READY", reason: "" };
    case "refused":
      return { name, version, state: "UNAVAILABLE", reason: state.refusal.reason };
    case "released":
      return { name, version, state: "UNAVAILABLE", reason: "released" };
  }
}
