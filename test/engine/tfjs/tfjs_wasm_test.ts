import { afterAll } from "bun:test";
import { describeEngineContract } from "../engine_contract.ts";
import { EngineWorker } from "./worker_engine.ts";

const worker = new EngineWorker("wasm");
afterAll(() => worker.terminate());

describeEngineContract("createTfjsEngine() on wasm", (topology) => worker.createEngine(topology), {
  countLive: () => worker.countLive(),
});
