import type { Feedback } from "../feedback/feedback_collector.ts";

/** What is asked of the thread that owns the models. Plain data, so that it crosses from threads that answer. */
export type ControlRequest =
  /** The names of the models. */
  | { readonly kind: "models" }
  /** The protocol's repository index. */
  | { readonly kind: "index"; readonly isReadyOnly: boolean }
  /** Counts of all models, of one, or of one version. */
  | { readonly kind: "statistics"; readonly model?: string; readonly version?: string }
  /** Counts in the text format of Prometheus. */
  | { readonly kind: "metrics" }
  /** Versions of a model with their accuracies on the held samples. */
  | { readonly kind: "versions"; readonly model: string }
  | { readonly kind: "load" | "unload" | "rollback"; readonly model: string }
  | { readonly kind: "feedback"; readonly model: string; readonly feedback: Feedback }
  | { readonly kind: "closeFeedback"; readonly model: string }
  | { readonly kind: "promote"; readonly model: string; readonly version: string; readonly isForced: boolean };

/** An answer: JSON, or text where it is a string. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The models, as threads that answer see them. */
export interface ServingControl {
  /** Never throws: errors are answers. */
  ask(request: ControlRequest): Promise<ControlAnswer>;
}
