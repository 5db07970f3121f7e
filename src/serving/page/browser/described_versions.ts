import type { BrowserFunction } from "../../../web/assemble_script.ts";

/** What is read of a version in the answer of …/versions. */
export interface ListedVersion {
  readonly version: string;
  readonly state: "loading" | "ready" | "refused" | "released";
  readonly reason?: string;
  /** Whether a refused version may be promoted all the same. */
  readonly can_be_forced?: boolean;
  readonly accuracies: readonly { readonly experience: number; readonly accuracy: number }[];
  readonly is_loaded: boolean;
  readonly agreement?: { readonly rows: number; readonly same_class: number; readonly share: number };
}

/** What is read of the answer of …/versions. */
export interface ListedVersions {
  readonly name: string;
  readonly current: string | null;
  readonly candidate: { readonly version: string; readonly share: number } | null;
  readonly versions: readonly ListedVersion[];
}

/** What a version does now, in a few words. */
export function describeState(
  { current, candidate }: ListedVersions,
  { version, state, is_loaded }: ListedVersion,
): string {
  if (version === current) return state === "refused" ? "answers; its newer file is refused" : "answers";
  if (version === candidate?.version) return "candidate";
  if (state === "ready") return "loaded";
  return state === "refused" && is_loaded ? "loaded; its newer file is refused" : state;
}

/** What the gate said of a version. */
export function describeGate({ state, reason, accuracies }: ListedVersion): string {
  if (state === "refused") return reason ?? "refused";
  if (state === "loading") return "";
  return accuracies.length > 0 ? "passed" : "not measured";
}

/** How a new version is tried, and how it agrees with the one that answers; empty where none is. */
export function describeCandidate({ candidate, versions }: ListedVersions): string {
  if (!candidate) return "";
  const { version, share } = candidate;
  const how =
    share === 0
      ? `Version ${version} answers silently beside the one that answers`
      : `Version ${version} answers ${Number((100 * share).toFixed(2))} % of the requests`;
  const agreement = versions.find((one) => one.version === version)?.agreement;
  if (!agreement) return `${how}.`;
  const { rows, same_class } = agreement;
  return `${how}: the same class for ${same_class} of ${rows} rows (${((100 * same_class) / rows).toFixed(1)} %).`;
}

/** What the page needs of this file. */
export const STATE_FUNCTIONS: readonly BrowserFunction[] = [describeState, describeGate, describeCandidate];
