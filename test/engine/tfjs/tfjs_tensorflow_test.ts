import { afterAll, test } from "bun:test";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describeEngineContract } from "../engine_contract.ts";
import { EngineWorker } from "./worker_engine.ts";

const ADDON = "../../../node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node";

const isSetUp = existsSync(fileURLToPath(new URL(ADDON, import.meta.url)));
if (isSetUp) {
  const worker = new EngineWorker("tensorflow");
  afterAll(() => worker.terminate());
  describeEngineContract("createTfjsEngine() on libtensorflow", (topology) => worker.createEngine(topology), {
    countLive: () => worker.countLive(),
  });
} else {
  test.if(isSetUp)("createTfjsEngine() on libtensorflow: not set up here (bun run setup tensorflow)", () => {});
}
