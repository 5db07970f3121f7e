import { CARRIER_NAMES } from "../../../src/engine/onnxruntime/carrier.ts";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { describeEngineContract } from "../engine_contract.ts";
import { countLive, openApi } from "./native/opened_api.ts";

for (const carrier of CARRIER_NAMES) {
  describeEngineContract(
    `onnxruntime, ${carrier}`,
    (topology) => createOnnxruntimeEngine({ spec: parseTopology(topology), carrier }),
    carrier === "native" ? { countLive: async () => countLive(await openApi()) } : {},
  );
}
