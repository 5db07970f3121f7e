import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { describeEngineContract } from "../engine_contract.ts";

describeEngineContract("onnxruntime", (topology) => createOnnxruntimeEngine({ topology }));
