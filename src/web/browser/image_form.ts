import type { BrowserFunction } from "../assemble_script.ts";

/** An input or output of a model, as the Open Inference Protocol describes it; the first length is -1. */
export interface DescribedPort {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** The protocol's description of a version of a model. */
export interface DescribedModel {
  readonly inputs: readonly DescribedPort[];
  readonly class_names?: readonly string[];
  /** What the file says of itself, by key. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** How a model takes images. */
export interface ImageForm {
  /** Name of the input. */
  readonly input: string;
  readonly datatype: "FP32" | "UINT8";
  /** Of a row. */
  readonly shape: readonly number[];
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly isChannelsFirst: boolean;
  /** Pixels of 0 to 1 become (pixel − mean) / std, one value a channel or one for all, and then times `factor`. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly factor: number;
  /** The input that takes the task of a row, where there is one. */
  readonly taskInput: string | undefined;
}

/** How a model takes images; undefined where its samples are none, or nobody says how pixels are normalised. */
export function readImageForm({ inputs, parameters }: DescribedModel): ImageForm | undefined {
  const tasks = inputs.find(({ name }) => name === "task_labels");
  const [port, ...others] = inputs.filter((input) => input !== tasks);
  if (!port || others.length > 0 || parameters["firn.feature_names"] !== undefined) return undefined;
  const { name, datatype } = port;
  const size = readImageSize(port.shape.slice(1), takesChannelsFirst(parameters));
  const pixels = readPixelForm(datatype, parameters);
  if (!size || !pixels || (datatype !== "FP32" && datatype !== "UINT8")) return undefined;
  return { input: name, datatype, shape: port.shape.slice(1), ...size, ...pixels, taskInput: tasks?.name };
}

function readImageSize(shape: readonly number[], isChannelsFirst: boolean) {
  const [first = 0, second = 0, third = 0] = shape;
  if (shape.length === 1 && first === 784) return { height: 28, width: 28, channels: 1, isChannelsFirst: false };
  if (shape.length !== 3) return undefined;
  const [height, width, channels] = isChannelsFirst ? [second, third, first] : [first, second, third];
  const isImage = (channels === 1 || channels === 3) && Math.min(height, width) > 1 && Math.max(height, width) <= 1024;
  return isImage ? { height, width, channels, isChannelsFirst } : undefined;
}

/** As a file says that was exported so, or that left as its network came. */
function takesChannelsFirst(parameters: Readonly<Record<string, string>>): boolean {
  if (parameters["firn.layout"] === "nchw") return true;
  try {
    return JSON.parse(parameters["firn.original"] ?? "{}").change === "channelsFirst";
  } catch {
    return false;
  }
}

/** A scale below 1 stands for raw pixels that it takes to 0 to 1; with a scale of 1, raw values are of 0 to 1. */
function readPixelForm(datatype: string, parameters: Readonly<Record<string, string>>) {
  const done = readNormalizationText(parameters["firn.preprocess"]);
  if (datatype === "UINT8") return { mean: [], std: [], factor: done ? 1 / done.scale : 255 };
  if (done) return { mean: [], std: [], factor: 1 / done.scale };
  const normalization = readNormalizationText(parameters["firn.normalization"]);
  return normalization ? { mean: normalization.mean, std: normalization.std, factor: 1 } : undefined;
}

function readNormalizationText(
  text: string | undefined,
): { readonly scale: number; readonly mean: readonly number[]; readonly std: readonly number[] } | undefined {
  if (text === undefined) return undefined;
  try {
    const { scale, mean, std } = JSON.parse(text);
    const isWhole = typeof scale === "number" && scale > 0 && Array.isArray(mean) && Array.isArray(std);
    return isWhole ? { scale, mean, std } : undefined;
  } catch {
    return undefined;
  }
}

/** What a page needs of this file. */
export const IMAGE_FORM_FUNCTIONS: readonly BrowserFunction[] = [
  readImageForm,
  readImageSize,
  takesChannelsFirst,
  readPixelForm,
  readNormalizationText,
];
