/**
 * Serving of exported models that change, by the Open Inference Protocol: `firn/serving`.
 * @module
 */

export {
  type ConnectOptions,
  connect,
  type FeedbackReceipt,
  type ServedAnswer,
  type ServedClient,
  type ServedPrediction,
  ServerRefusal,
  type ToldLabels,
} from "./serving/client/connect.ts";
export type { Samples, SampleValues } from "./serving/client/encode_samples.ts";
export type { GateAccuracy, GateSet } from "./serving/gate/gate_set.ts";
export { createRecordedGate, createSampleGate, type GateSource } from "./serving/gate/gate_source.ts";
export { createJournalJudge, type JournalJudgeOptions } from "./serving/gate/journal_judge.ts";
export { type Serving, serve } from "./serving/serve.ts";
export type { ModelOptions, ServeOptions } from "./serving/serve_options.ts";
