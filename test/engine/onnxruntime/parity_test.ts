import { afterAll, describe, expect, test } from "bun:test";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { coverMembers } from "../../support/cover_members.ts";
import { compareEngines } from "../compare_engines.ts";
import { takeApart } from "../engine_fixtures.ts";
import { EngineWorker } from "../tfjs/worker_engine.ts";
import { PARITY_MODELS } from "./parity_models.ts";

/** Both engines compute in float32 and add in different orders; results are of the order of 1. */
const PARITY_TOLERANCE = 1e-5;

const worker = new EngineWorker("cpu");
afterAll(() => worker.terminate());

describe("createOnnxruntimeEngine() computes what TF.js computes,", () => {
  for (const { name, sampleShape, build, tolerance } of coverMembers(PARITY_MODELS)) {
    const limit = tolerance?.limit ?? PARITY_TOLERANCE;
    const remark = tolerance ? ` (to ${limit}: ${tolerance.reason})` : "";
    test(`when the model has ${name}${remark}`, async () => {
      const { topology } = takeApart(build());
      const [ours, reference] = [
        await createOnnxruntimeEngine({ spec: parseTopology(topology) }),
        await worker.createEngine(topology),
      ];
      const differences = await compareEngines(ours, reference, { sampleShape });
      for (const [what, difference] of Object.entries(differences)) {
        expect({ what, isWithin: difference <= limit, difference }).toEqual({ what, isWithin: true, difference });
      }
      await ours.close();
      await reference.close();
    });
  }
});
