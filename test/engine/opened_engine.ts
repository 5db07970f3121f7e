import { afterAll, beforeAll } from "bun:test";
import type { Engine, ModelVectors } from "../../src/engine/engine.ts";
import type { ModelTopology } from "../../src/engine/model_topology.ts";
import type { ModelSnapshot } from "../../src/models/model_snapshot.ts";
import { drawVectors } from "./engine_fixtures.ts";

/** The engine of a group of tests, which is there once they run. */
export interface OpenedEngine {
  readonly engine: Engine;
  readonly vectors: ModelVectors;
}

/** Opens an engine before a group's tests and closes it after them. */
export function openForTests(
  create: (topology: ModelTopology) => Promise<Engine>,
  snapshot: ModelSnapshot,
): () => OpenedEngine {
  let opened: OpenedEngine | undefined;
  beforeAll(async () => {
    const engine = await create(snapshot.topology);
    opened = { engine, vectors: drawVectors(engine) };
  });
  afterAll(async () => {
    await opened?.engine.close();
  });
  return () => {
    if (!opened) throw new Error("The engine is opened before the tests, not when they are declared");
    return opened;
  };
}
