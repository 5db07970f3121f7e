import type * as tf from "@tensorflow/tfjs";
import { RangeRefusal } from "../../core/errors/errors.ts";
import { type OptionSchema, optional } from "../../core/options/option_schema.ts";
import { required, text, wholeNumber } from "../../core/options/value_rules.ts";
import { LORA_OPTIONS, lora } from "../../models/lora.ts";
import {
  IMAGE_MODEL_OPTIONS,
  MLP_OPTIONS,
  ONNX_MODEL_OPTIONS,
  PNN_OPTIONS,
  SIMPLE_CNN_OPTIONS,
  SIMPLE_MLP_OPTIONS,
  TFJS_MODEL_OPTIONS,
} from "../../models/options.ts";
import type { KeptModel } from "../../runs/models/kept_model.ts";
import { ADAPTER_OPTION, parseAdapter } from "../options/adapter_text.ts";
import { defineFactory, type Registry } from "../options/named_factory.ts";

/** What a model is made for. */
export interface ModelContext {
  /** C, the number of logits wanted. */
  readonly numClasses: number;
  /** The shape of one sample. */
  readonly inputShape: readonly number[];
  readonly seed: number;
  /** Whether the benchmark tells tasks apart: what a model with a head a task needs. */
  readonly isTaskIncremental: boolean;
  /** The model of another run, where the run begins with it. */
  readonly start?: KeptModel | undefined;
}

/** The width of a head that does not grow. */
const OUTPUTS = {
  outputs: optional(wholeNumber(1), "width of a head that does not grow. Default: the number of classes"),
};

/** What is typed of a model's options: benchmark and run say the rest. */
function listTypeable<Schema extends OptionSchema>(schema: Schema) {
  const {
    numClasses: _numClasses,
    inputShape: _inputShape,
    seed: _seed,
    initialUnits: _initialUnits,
    ...typed
  } = schema;
  return typed;
}

/** A file's path must be typed; its bytes cannot be; an adapter is typed in its own way. */
function listOnnxOptions() {
  const { path: _path, bytes: _bytes, adapter: _adapter, ...typed } = listTypeable(ONNX_MODEL_OPTIONS);
  return { path: required(text(), "the ONNX file"), ...typed, adapter: ADAPTER_OPTION };
}

/** The models there are, the default first. TF.js is loaded when one is made. */
export const MODELS: Registry<ModelContext, Promise<tf.LayersModel>> = {
  kind: "model",
  elsewhere: Object.fromEntries(
    Object.keys(LORA_OPTIONS).map((name) => [
      name,
      "options of an adapter are joined with ;: adapter=lora:rank=8;alpha=16",
    ]),
  ),
  factories: [
    defineFactory({
      name: "simple-mlp",
      summary: "flatten, 512 ReLU units with dropout 0.5, classifier",
      options: { ...listTypeable(SIMPLE_MLP_OPTIONS), ...OUTPUTS },
      create: async (options, context: ModelContext) => {
        const { simpleMLP } = await import("../../models/simple_mlp.ts");
        return simpleMLP(completeOptions("simple-mlp", options, context));
      },
    }),
    defineFactory({
      name: "mlp",
      summary: "flatten, hidden layers, classifier",
      options: { ...listTypeable(MLP_OPTIONS), ...OUTPUTS },
      create: async (options, context: ModelContext) => {
        const { mlp } = await import("../../models/simple_mlp.ts");
        return mlp(completeOptions("mlp", options, context));
      },
    }),
    defineFactory({
      name: "simple-cnn",
      summary: "four 3×3 convolutions in two blocks with max pools and dropout 0.25, 70,378 parameters",
      options: { ...listTypeable(SIMPLE_CNN_OPTIONS), ...OUTPUTS },
      create: async (options, context: ModelContext) => {
        const { simpleCNN } = await import("../../models/simple_cnn.ts");
        return simpleCNN(completeOptions("simple-cnn", options, context));
      },
    }),
    defineFactory({
      name: "lenet5",
      summary: "LeNet-5 with tanh and average pools",
      options: { ...listTypeable(IMAGE_MODEL_OPTIONS), ...OUTPUTS },
      create: async (options, context: ModelContext) => {
        const { lenet5 } = await import("../../models/lenet5.ts");
        return lenet5(completeOptions("lenet5", options, context));
      },
    }),
    defineFactory({
      name: "slim-resnet18",
      summary: "ResNet-18 with 20 to 160 filters and batch normalisation, 1,094,750 parameters",
      options: { ...listTypeable(IMAGE_MODEL_OPTIONS), ...OUTPUTS },
      create: async (options, context: ModelContext) => {
        const { slimResNet18 } = await import("../../models/slim_resnet18.ts");
        return slimResNet18(completeOptions("slim-resnet18", options, context));
      },
    }),
    defineFactory({
      name: "onnx",
      summary:
        "a network from an ONNX file (path=resnet18.onnx alone is short for it), with a new classifier or its own",
      options: listOnnxOptions(),
      create: async ({ adapter, ...options }, { numClasses, inputShape, seed, isTaskIncremental }: ModelContext) => {
        const { onnxModel } = await import("../../models/onnx_model.ts");
        const typed = parseAdapter("onnx", adapter, LORA_OPTIONS);
        if (options.multiHead && !isTaskIncremental) {
          throw new RangeRefusal("onnx: multiHead=true requires a benchmark with taskLabels=true");
        }
        return onnxModel({ ...options, ...(typed ? { adapter: lora(typed) } : {}), numClasses, inputShape, seed });
      },
    }),
    defineFactory({
      name: "tfjs",
      summary:
        "a network from a .keras or .h5 file or a folder of TF.js (path=net.keras or path=model.json alone is short for it), with a new classifier or its own",
      options: listTypeable(TFJS_MODEL_OPTIONS),
      create: async (options, { numClasses, inputShape, seed, isTaskIncremental }: ModelContext) => {
        const { tfjsModel } = await import("../../models/tfjs_model.ts");
        if (options.multiHead && !isTaskIncremental) {
          throw new RangeRefusal("tfjs: multiHead=true requires a benchmark with taskLabels=true");
        }
        return tfjsModel({ ...options, numClasses, inputShape, seed });
      },
    }),
    defineFactory({
      name: "pnn",
      summary:
        "progressive network (Rusu et al. 2016): a column of dense layers a task; for benchmarks with task labels",
      options: listTypeable(PNN_OPTIONS),
      create: async (options, context: ModelContext) => {
        const { pnn } = await import("../../models/pnn.ts");
        const { inputShape, seed, isTaskIncremental } = context;
        if (isTaskIncremental) return pnn({ ...options, inputShape, seed });
        throw new RangeRefusal("pnn requires a benchmark with task labels (taskLabels=true)");
      },
    }),
    defineStart("run", "the model of another run, finished or not; run:FOLDER is short for run:path=FOLDER"),
    defineStart("checkpoint", "the model in one file: a run's checkpoint, or a strategy of saveStrategy"),
  ],
  module: {
    files: { onnx: "onnx", json: "tfjs", keras: "tfjs", h5: "tfjs", hdf5: "tfjs" },
    folder: { holds: "model.json", name: "tfjs" },
    exported: "createModel",
    summary:
      "path=./my_model.ts, a module whose createModel({ numClasses, inputShape, seed, … }) returns a tf.LayersModel",
    create: async (module, own, context) => {
      const { start: _start, ...given } = context;
      module.assertFree(Object.keys(given));
      const model = await module.call({ ...own, ...given });
      if (isLayersModel(model)) return model;
      throw module.refuse("return a tf.LayersModel", model);
    },
  },
};

/** A model that is there already: weights, heads, and statistics of normalisation. */
function defineStart(name: "run" | "checkpoint", summary: string) {
  return defineFactory({
    name,
    summary,
    options: { path: required(text(1), name === "run" ? "the run's folder" : "the file") },
    create: async ({ path }, { start }: ModelContext) => {
      const { createTrainedModel } = await import("../../runs/models/create_kept_model.ts");
      if (!start) throw new Error(`the model of ${path} must be read first`);
      return (await createTrainedModel(path, start)).model;
    },
  });
}

/** What a head may be. */
interface HeadOptions {
  readonly outputs?: number | undefined;
  readonly incremental: boolean;
  readonly multiHead: boolean;
}

/**
 * A built-in model's options with what it takes of its context.
 * @throws {RangeError} If the benchmark has no task labels to choose heads by, or a head that grows is told its width.
 */
function completeOptions<Options extends HeadOptions>(
  name: string,
  { outputs, ...options }: Options,
  { isTaskIncremental, numClasses, inputShape, seed }: ModelContext,
) {
  const { multiHead, incremental } = options;
  if (multiHead && !isTaskIncremental) {
    throw new RangeRefusal(`${name}: multiHead=true requires a benchmark with task labels (taskLabels=true)`);
  }
  if (outputs !== undefined && (multiHead || incremental)) {
    throw new RangeRefusal(
      `${name}: outputs is for a head that does not grow and excludes ${multiHead ? "multiHead" : "incremental"}=true`,
    );
  }
  return { ...options, inputShape, seed, numClasses: outputs ?? numClasses };
}

/** By its parts, because the module may have a copy of TF.js of its own. */
function isLayersModel(value: unknown): value is tf.LayersModel {
  return typeof value === "object" && value !== null && "layers" in value && "toJSON" in value && "outputs" in value;
}
