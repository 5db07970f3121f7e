import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { describeEngineContract } from "../engine_contract.ts";

describeEngineContract("onnxruntime", (topology) => createOnnxruntimeEngine({ spec: parseTopology(topology) }));
