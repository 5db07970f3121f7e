import type { ReplicaControl, ReplicaQuestions } from "./replica_control.ts";

/** The replicas of one model, wherever they run. */
export interface ReplicaGroup {
  /** What computes: "onnxruntime", "tfjs-wasm" … */
  readonly engine: string;
  /** Tells every replica; resolves when all have heard. */
  tell(message: (replica: ReplicaControl) => void | Promise<void>): Promise<void>;
  /** Asks one replica what all would answer alike. */
  ask<Answer>(question: (replica: ReplicaQuestions) => Answer | Promise<Answer>): Promise<Answer>;
  /** Has every replica execute the command in the control block; resolves when all are done. */
  run(): Promise<void>;
  /** Frees engines and ends Workers. May be called more than once. */
  close(): Promise<void>;
}
