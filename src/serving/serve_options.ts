import { type OptionsOf, optional, type ResolvedOptions, withDefault } from "../core/options/option_schema.ts";
import {
  callback,
  either,
  flag,
  listOf,
  number,
  objectLike,
  required,
  text,
  wholeNumber,
} from "../core/options/value_rules.ts";
import type { GateSource } from "./gate/gate_source.ts";

const MAX_PORT = 65_535;

/** What one model takes. */
export const MODEL_OPTIONS = {
  path: required(text(1)),
  isRun: optional(flag(), "true: the folder is a run's, which may still have to begin; default: what is found there"),
  name: optional(text(1), "what it is called in the protocol; default: the name of the folder or file"),
  gate: optional(
    either(text(1), objectLike<GateSource>("a source such as createSampleGate([…])", "sets")),
    "a source of accuracies, or a folder with held samples; default: for a run, what its summary.json holds",
  ),
  feedback: optional(text(1), "folder of experiences in which feedback is collected; default: none is taken"),
} as const;

/** One model that is served: a run's folder, a folder of ONNX files with a number in their name, or one file. */
export type ModelOptions = OptionsOf<typeof MODEL_OPTIONS>;

/** What `serve` takes. */
export const SERVE_OPTIONS = {
  models: required(listOf(objectLike<ModelOptions>('a model such as { path: "runs/mine" }', "path"), 1)),
  host: withDefault(text(1), "127.0.0.1", "address to listen on; other machines reach 0.0.0.0"),
  port: withDefault(wholeNumber(0, MAX_PORT), 0, "0 takes a free one"),
  listeners: withDefault(
    wholeNumber(1, 256),
    1,
    "threads that listen on the port and answer; Deno needs --unstable-net",
  ),
  grpcPort: optional(wholeNumber(0, MAX_PORT), "the protocol over gRPC, too; 0 takes a free one"),
  token: optional(text(1), "what requests that change something must bring; needed where other machines can ask"),
  maxForgetting: withDefault(
    number({ atLeast: 0, atMost: 1 }),
    0.2,
    "accuracy that a new version may lose on a past experience since its best; 1 asks for nothing",
  ),
  minAccuracy: withDefault(
    number({ atLeast: 0, atMost: 1 }),
    0,
    "accuracy that a new version must have on every experience up to its own",
  ),
  allowUnmeasured: withDefault(
    flag(),
    false,
    "lets a file through of which no accuracy is known, although one of these two limits is given",
  ),
  shadow: withDefault(flag(), false, "a new version answers silently beside the old one until it is promoted"),
  canary: optional(number({ above: 0, below: 1 }), "share of requests that a new version answers until it is promoted"),
  keep: withDefault(wholeNumber(1), 3, "versions that stay loaded"),
  maxBatch: withDefault(wholeNumber(1, 4096), 64, "rows of a batch at the most; the best size up to it is measured"),
  batchWaitMs: withDefault(number({ atLeast: 0, atMost: 1000 }), 0, "how long a batch that is not full waits for more"),
  maxQueuedRows: withDefault(wholeNumber(1), 4096, "rows that may wait for a version; more are refused with 429"),
  maxBodyBytes: withDefault(wholeNumber(1), 64 * 2 ** 20, "size of a request's body, also when it is unpacked"),
  bodyTimeoutMs: withDefault(wholeNumber(1), 30_000, "how long a body may take to arrive"),
  maxConcurrency: withDefault(wholeNumber(1), 1024, "requests that are worked on at a time; more get 503"),
  maxRows: withDefault(wholeNumber(1), 4096, "rows of one request"),
  pollMs: withDefault(wholeNumber(10), 250, "how often folders are looked at for new files; taken at the second look"),
  page: withDefault(flag(), true, "browsers get a page at /"),
  feedbackRows: withDefault(wholeNumber(1), 1000, "rows of feedback that are an experience"),
  keptRequests: withDefault(wholeNumber(1), 10_000, "answered requests whose inputs are kept for feedback by their id"),
  keptBytes: withDefault(wholeNumber(1), 64 * 2 ** 20, "bytes of those inputs, for each model and listener"),
  journal: optional(text(1), "file of what happened to versions; default: serving/journal.jsonl beside the models"),
  tell: optional(callback<(line: string) => void>(), "is told what happens to versions, in one line each"),
} as const;

/** What `serve` takes, as a caller writes it. */
export type ServeOptions = OptionsOf<typeof SERVE_OPTIONS>;

/** The same with the defaults filled in. */
export type ResolvedServeOptions = ResolvedOptions<typeof SERVE_OPTIONS>;
