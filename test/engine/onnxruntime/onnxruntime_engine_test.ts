import { describeEngineContract } from "../engine_contract.ts";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";

describeEngineContract("onnxruntime", (topology) => createOnnxruntimeEngine({ topology }));
