import { createEngine, type EngineSpec } from "../engine/create_engine.ts";
import { issueCommand } from "./gate.ts";
import { Replica } from "./replica.ts";
import type { ReplicaControl, ReplicaQuestions } from "./replica_control.ts";
import type { ReplicaGroup } from "./replica_group.ts";
import type { ReplicaMemory } from "./replica_memory.ts";

/** One replica inside the coordinator's own thread: no Worker, no message. It computes all logical shards in turn. */
export class InlineReplica implements ReplicaGroup {
  readonly engine: string;
  readonly #replica: Replica;
  readonly #control: Int32Array;
  #closed = false;

  private constructor(engine: string, replica: Replica, control: Int32Array) {
    this.engine = engine;
    this.#replica = replica;
    this.#control = control;
  }

  /** Loads the engine. `memory` must be made for one replica. */
  static async start(spec: EngineSpec, memory: ReplicaMemory): Promise<InlineReplica> {
    const engine = await createEngine(spec);
    const replica = new Replica({ index: 0, generation: 0, engine: spec, memory }, engine);
    return new InlineReplica(engine.name, replica, memory.control);
  }

  async tell(message: (replica: ReplicaControl) => void | Promise<void>): Promise<void> {
    await message(this.#replica);
  }

  async ask<Answer>(question: (replica: ReplicaQuestions) => Answer | Promise<Answer>): Promise<Answer> {
    return question(this.#replica);
  }

  async run(): Promise<void> {
    await this.#replica.execute(issueCommand(this.#control, 1));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#replica.close();
  }
}
