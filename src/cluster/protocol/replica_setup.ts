import type { ErrorData } from "../../core/errors/error_data.ts";
import type { EngineSpec } from "../../engine/create_engine.ts";
import type { ReplicaMemory } from "../memory/replica_memory.ts";
import type { ReplicaAnswer, ReplicaCommand, ReplicaQuestion } from "./replica_command.ts";

/** What a replica needs to begin: plain data and shared memory, so that it can cross to a Worker. */
export interface ReplicaSetup {
  readonly index: number;
  readonly engine: EngineSpec;
  readonly memory: ReplicaMemory;
  /** How many replicas have been in this place before. */
  readonly generation: number;
}

/** How a replica answers `init`: its engine's name, or why there is none. */
export interface InitAnswer {
  readonly engine: string;
  readonly error?: ErrorData;
}

/** What a Worker's replica offers over comlink. Errors cross as data inside the answer, never as exceptions. */
export interface RemoteReplica {
  /** Loads the engine and begins to listen for commands; answers with the engine's name. */
  init(setup: ReplicaSetup): Promise<InitAnswer>;
  apply(command: ReplicaCommand): void | Promise<void>;
  answer(question: ReplicaQuestion): ReplicaAnswer | Promise<ReplicaAnswer>;
  /** Finishes the step at hand and gives the engine back. */
  close(): void | Promise<void>;
  /** What went wrong in the last command that failed here. */
  takeFailure(): ErrorData | undefined | Promise<ErrorData | undefined>;
}
