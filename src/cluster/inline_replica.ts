import { createEngine, type EngineSpec } from "../engine/create_engine.ts";
import { Replica, type ReplicaControl } from "./replica.ts";
import type { ReplicaGroup } from "./replica_group.ts";
import type { ReplicaMemory } from "./replica_memory.ts";

/** One replica inside the coordinator's own thread: no Worker, no message. It computes all logical shards in turn. */
export class InlineReplica implements ReplicaGroup {
  readonly engine: string;
  readonly #replica: Replica;
  #closed = false;

  private constructor(engine: string, replica: Replica) {
    this.engine = engine;
    this.#replica = replica;
  }

  /** Loads the engine. `memory` must be made for one replica. */
  static async start(spec: EngineSpec, memory: ReplicaMemory): Promise<InlineReplica> {
    const engine = await createEngine(spec);
    return new InlineReplica(engine.name, new Replica({ index: 0, engine: spec, memory }, engine));
  }

  async tell(message: (replica: ReplicaControl) => void | Promise<void>): Promise<void> {
    await message(this.#replica);
  }

  async run(): Promise<void> {
    await this.#replica.execute();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#replica.close();
  }
}
