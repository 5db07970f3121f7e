import { createEngine, type EngineSpec } from "../../engine/create_engine.ts";
import type { ReplicaMemory } from "../memory/replica_memory.ts";
import { issueCommand } from "../protocol/barrier.ts";
import type { ReplicaAnswer, ReplicaCommand, ReplicaQuestion } from "../protocol/replica_command.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";
import { Replica } from "../replica/replica.ts";

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
    const replica = await Replica.start({ index: 0, generation: 0, engine: spec, memory }, engine);
    return new InlineReplica(engine.name, replica, memory.control);
  }

  async send(command: ReplicaCommand): Promise<void> {
    await this.#replica.apply(command);
  }

  async query(question: ReplicaQuestion): Promise<ReplicaAnswer> {
    return this.#replica.answer(question);
  }

  async run(): Promise<void> {
    await this.#replica.execute(issueCommand(this.#control, 1));
  }

  bringBack(groups: number): void {
    this.#replica.bringBack(groups);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#replica.close();
  }
}
