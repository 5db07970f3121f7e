import type { KeptLimits, KeptRequest } from "../feedback/kept_requests.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import type { ModelHandle } from "../sessions/loaded_model.ts";
import type { VersionStatistics } from "./version_statistics.ts";

/** The new version that answers a part of the requests, or none of them and is compared. */
export interface CandidateRoute {
  readonly version: string;
  /** The share of requests that it answers, from 0 to 1. 0: it computes silently what the current version answers. */
  readonly share: number;
}

/** Which versions of a model answer requests that name none. */
export interface ModelRoute {
  /** Undefined where no version is ready. */
  readonly current: string | undefined;
  readonly candidate: CandidateRoute | undefined;
}

/** Tells a thread that answers what to answer with. Plain data. */
export type ServingCommand =
  | {
      readonly kind: "open";
      readonly model: string;
      readonly version: string;
      readonly file: ServedFile;
      readonly handle: ModelHandle;
      /** Rows of a batch. */
      readonly capacity: number;
    }
  /** Takes over between two batches: requests that came before are answered by the version they came to. */
  | { readonly kind: "route"; readonly model: string; readonly route: ModelRoute }
  /** Done when the version's last request is answered. */
  | { readonly kind: "close"; readonly model: string; readonly version: string }
  | { readonly kind: "remove"; readonly model: string }
  /** Keeps the inputs of the last requests that have an id. */
  | { readonly kind: "keep"; readonly model: string; readonly limits: KeptLimits };

/** A thread that answers, as those see it who command it. */
export interface AnsweringThread {
  apply(command: ServingCommand): Promise<void>;
  /** What it counted of each version that it has open: model, version, counts. */
  readStatistics(): Promise<readonly ThreadStatistics[]>;
  /** An answered request that is kept; undefined where it is not, or not any more. */
  recall(model: string, id: string): Promise<KeptRequest | undefined>;
  /** Keeps it no longer. */
  forget(model: string, id: string): Promise<void>;
}

/** What one thread counted of one version. */
export interface ThreadStatistics {
  readonly model: string;
  readonly version: string;
  readonly counts: VersionStatistics;
}
