import type { ForeignSignature, ForeignType } from "../../../core/foreign/foreign_interface.ts";

/** One function of onnxruntime's table. All give the address of a status, 0 where they succeeded, if not said else. */
export interface ApiFunction {
  /** Which entry of the table `OrtApi` it is. The table is only ever added to, so that an entry keeps its place. */
  readonly position: number;
  readonly takes: readonly ForeignType[];
  /** Default: "word". */
  readonly gives?: ForeignSignature["gives"];
}

/** The functions of onnxruntime's C API that we call. What is made comes back through the last argument, an address. */
export const API_FUNCTIONS = {
  /** status → text */
  GetErrorMessage: { position: 2, takes: ["word"] },
  /** level of the log, its name → environment */
  CreateEnv: { position: 3, takes: ["int32", "word", "word"] },
  /** environment, path, options → session */
  CreateSession: { position: 7, takes: ["word", "word", "word", "word"] },
  /** environment, bytes, their number, options → session */
  CreateSessionFromArray: { position: 8, takes: ["word", "word", "word", "word", "word"] },
  /** → options */
  CreateSessionOptions: { position: 10, takes: ["word"] },
  /** options, 0 sequential or 1 parallel */
  SetSessionExecutionMode: { position: 13, takes: ["word", "int32"] },
  /** options */
  DisableMemPattern: { position: 17, takes: ["word"] },
  /** options, level */
  SetSessionLogSeverityLevel: { position: 22, takes: ["word", "int32"] },
  /** options, level: 99 is all */
  SetSessionGraphOptimizationLevel: { position: 23, takes: ["word", "int32"] },
  /** options, threads */
  SetIntraOpNumThreads: { position: 24, takes: ["word", "int32"] },
  /** options, threads */
  SetInterOpNumThreads: { position: 25, takes: ["word", "int32"] },
  /** memory, data, their bytes, lengths of the axes, their number, type of the elements → value */
  CreateTensorWithDataAsOrtValue: {
    position: 49,
    takes: ["word", "word", "word", "word", "word", "int32", "word"],
  },
  /** allocator, kind of memory → memory */
  CreateCpuMemoryInfo: { position: 69, takes: ["int32", "int32", "word"] },
  /** name, allocator, number of the device, kind of memory → memory */
  CreateMemoryInfo: { position: 68, takes: ["word", "int32", "int32", "int32", "word"] },
  ReleaseStatus: { position: 93, takes: ["word"], gives: "nothing" },
  ReleaseSession: { position: 95, takes: ["word"], gives: "nothing" },
  ReleaseValue: { position: 96, takes: ["word"], gives: "nothing" },
  ReleaseSessionOptions: { position: 100, takes: ["word"], gives: "nothing" },
  /** options, name, value */
  AddSessionConfigEntry: { position: 130, takes: ["word", "word", "word"] },
  /** session, options of the run or 0, binding */
  RunWithBinding: { position: 133, takes: ["word", "word", "word"] },
  /** session → binding */
  CreateIoBinding: { position: 134, takes: ["word", "word"] },
  ReleaseIoBinding: { position: 135, takes: ["word"], gives: "nothing" },
  /** binding, name, value */
  BindInput: { position: 136, takes: ["word", "word", "word"] },
  /** binding, name, value */
  BindOutput: { position: 137, takes: ["word", "word", "word"] },
  /** options of the session, options of the provider */
  SessionOptionsAppendExecutionProvider_CUDA_V2: { position: 204, takes: ["word", "word"] },
  /** → options of the provider */
  CreateCUDAProviderOptions: { position: 205, takes: ["word"] },
  /** options of the provider, addresses of names, addresses of values, their number */
  UpdateCUDAProviderOptions: { position: 206, takes: ["word", "word", "word", "word"] },
  ReleaseCUDAProviderOptions: { position: 208, takes: ["word"], gives: "nothing" },
} as const satisfies Readonly<Record<string, ApiFunction>>;

/** The name of a function that we call. */
export type ApiFunctionName = keyof typeof API_FUNCTIONS;

/** onnxruntime 1.n has API version n. All functions above are in this one, and so is the operator set of our files. */
export const OLDEST_API_VERSION = 14;

/** Numbers that the C API's enumerations stand for. */
export const ApiNumber = {
  sequential: 0,
  deviceAllocator: 0,
  arenaAllocator: 1,
  defaultMemory: 0,
  logErrors: 3,
  optimizeAll: 99,
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
} as const;
