import type { OpenVersion } from "../answering/answerer.ts";
import type { TensorPort, TensorType } from "../model_file/tensor_port.ts";

/** Triton's names of element types in a model's configuration. */
const CONFIG_TYPES: Readonly<Record<TensorType, string>> = {
  FP32: "TYPE_FP32",
  INT64: "TYPE_INT64",
  INT32: "TYPE_INT32",
  UINT8: "TYPE_UINT8",
};

/** The protocol's metadata of a model, with its class names and what its file says of itself. */
export function describeMetadata({ model, file }: OpenVersion, versions: readonly string[]): object {
  const { inputs, outputs, classNames, metadata } = file;
  return {
    name: model,
    versions,
    platform: "onnxruntime_onnx",
    inputs: inputs.map(describePort),
    outputs: outputs.map(describePort),
    ...(classNames ? { class_names: classNames } : {}),
    parameters: metadata,
  };
}

/** Triton's configuration of a model, as far as it says something here. */
export function describeConfig({ model, file, queue }: OpenVersion): object {
  return {
    name: model,
    platform: "onnxruntime_onnx",
    backend: "onnxruntime",
    max_batch_size: queue.session.capacity,
    input: file.inputs.map(describeConfigPort),
    output: file.outputs.map(describeConfigPort),
    dynamic_batching: { preferred_batch_size: [queue.session.capacity] },
  };
}

function describePort({ name, datatype, rowShape }: TensorPort): object {
  return { name, datatype, shape: [-1, ...rowShape] };
}

function describeConfigPort({ name, datatype, rowShape }: TensorPort): object {
  return { name, data_type: CONFIG_TYPES[datatype], dims: rowShape };
}
