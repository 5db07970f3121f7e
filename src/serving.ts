/**
 * Serving of exported models that change, by the Open Inference Protocol: `firn/serving`.
 * @module
 */

export {
  type ConnectOptions,
  connect,
  type ServedAnswer,
  type ServedClient,
  type ServedPrediction,
} from "./serving/client/connect.ts";
export type { GateAccuracy, GateSet } from "./serving/gate/gate_set.ts";
export { createRecordedGate, createSampleGate, type GateSource } from "./serving/gate/gate_source.ts";
export { type Serving, serve } from "./serving/serve.ts";
export type { ModelOptions, ServeOptions } from "./serving/serve_options.ts";
