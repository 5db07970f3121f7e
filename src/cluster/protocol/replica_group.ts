import type { ReplicaAnswer, ReplicaCommand, ReplicaQuestion } from "./replica_command.ts";

/** The replicas of one model, wherever they run. */
export interface ReplicaGroup {
  /** What computes: "onnxruntime", "tfjs-wasm" … */
  readonly engine: string;
  /** Sends a command to every replica; resolves when all have applied it. */
  send(command: ReplicaCommand): Promise<void>;
  /** Asks one replica, as all would answer alike. */
  query(question: ReplicaQuestion): Promise<ReplicaAnswer>;
  /** Has every replica execute the command in the control block; resolves when all are done. */
  run(): Promise<void>;
  /**
   * Brings vectors from the device of a single replica to shared memory, by `ResidentGroup`. Blocks this thread.
   * @throws {Error} If the replica is lost.
   */
  bringBack(groups: number): void;
  /** Frees engines and ends Workers. May be called more than once. */
  close(): Promise<void>;
}
