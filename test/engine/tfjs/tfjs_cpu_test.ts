import { afterAll } from "bun:test";
import { describeEngineContract } from "../engine_contract.ts";
import { EngineWorker } from "./worker_engine.ts";

const worker = new EngineWorker("cpu");
afterAll(() => worker.terminate());

describeEngineContract("createTfjsEngine() on cpu", (topology) => worker.createEngine(topology), {
  countLive: () => worker.countLive(),
});
