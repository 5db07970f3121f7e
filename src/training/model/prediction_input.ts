import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import { fitShape } from "../../core/fit_shape.ts";
import { countElements, type HostTensor } from "../../core/host_tensor.ts";
import { Dataset } from "../../data/dataset.ts";
import { readSamples } from "../../data/read_samples.ts";

/** Numbers of any type in one array. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array;

/** A sample, or a part of one: nested as its shape is, or all its numbers in a typed array. */
export type NestedNumbers = number | NumberArray | readonly NestedNumbers[];

/**
 * Samples [N, …sampleShape] as the model sees them: a list of samples, all numbers of all samples in one typed array,
 * or a data set, whose transforms are done.
 */
export type PredictionInput = Dataset | NumberArray | readonly NestedNumbers[];

/** What is to be predicted, checked. */
export interface PredictedSamples {
  readonly length: number;
  /** Task labels [N] where the samples have some. */
  readonly taskLabels: Int32Array | undefined;
  /** The samples at these positions [n, …sampleShape], float32. The caller owns the result. */
  read(positions: readonly number[]): HostTensor;
}

/**
 * Looks at samples that are to be predicted.
 * @param sampleShape The model's.
 * @throws {TypeError} If they are of another kind. {RangeError} If they have another shape, or a value is not finite.
 */
export function readPredictionInput(x: PredictionInput, sampleShape: readonly number[]): PredictedSamples {
  if (x instanceof Dataset) return readDataset(x, sampleShape);
  const size = countElements(sampleShape);
  const data = isNumberArray(x) ? Float32Array.from(x) : Float32Array.from(flattenSamples(x, sampleShape));
  if (data.length % size !== 0) {
    const wanted = `a multiple of ${size} values, samples of shape ${formatShape(sampleShape)}`;
    throw new RangeRefusal(`predict(): x must hold ${wanted}, got ${data.length}`);
  }
  const astray = data.findIndex((value) => !Number.isFinite(value));
  if (astray >= 0) {
    const place = `x, row ${Math.floor(astray / size)}`;
    throw new RangeRefusal(`predict(): ${place}: values must be finite float32 numbers, got ${data[astray]}`);
  }
  const read = (positions: readonly number[]): HostTensor => {
    const rows = new Float32Array(positions.length * size);
    for (const [i, row] of positions.entries()) rows.set(data.subarray(row * size, (row + 1) * size), i * size);
    return { data: rows, shape: [positions.length, ...sampleShape] };
  };
  return { length: data.length / size, taskLabels: undefined, read };
}

function readDataset(dataset: Dataset, sampleShape: readonly number[]): PredictedSamples {
  for (const source of dataset.dropUnusedSources().sources.values()) {
    if (fitShape(source.sampleShape, sampleShape)) continue;
    const got = `${formatShape(source.sampleShape)} in ${describeValue(source.name)}`;
    throw new RangeRefusal(`predict(): samples must be of shape ${formatShape(sampleShape)}, got ${got}`);
  }
  const read = (positions: readonly number[]) => readSamples(dataset.subset(positions));
  return { length: dataset.length, taskLabels: dataset.targetsTaskLabels, read };
}

function flattenSamples(x: readonly NestedNumbers[], sampleShape: readonly number[]): number[] {
  if (!Array.isArray(x)) {
    const kinds = "a list of samples, a typed array or a data set";
    throw new TypeRefusal(`predict(): x must be ${kinds}, got ${describeValue(x)}`);
  }
  const numbers: number[] = [];
  for (const [row, sample] of x.entries()) appendNumbers(sample, sampleShape, { row, sampleShape, numbers });
  return numbers;
}

interface Flattening {
  readonly row: number;
  readonly sampleShape: readonly number[];
  readonly numbers: number[];
}

function appendNumbers(part: unknown, shape: readonly number[], into: Flattening): void {
  if (shape.length === 0 && typeof part === "number") {
    into.numbers.push(part);
  } else if (isNumberArray(part) && part.length === countElements(shape)) {
    for (const value of part) into.numbers.push(value);
  } else if (Array.isArray(part) && shape.length > 0 && part.length === elementAt(shape, 0)) {
    for (const inner of part) appendNumbers(inner, shape.slice(1), into);
  } else {
    const got = isNumberArray(part) || Array.isArray(part) ? `${part.length} values` : describeValue(part);
    const isWhole = shape.length === into.sampleShape.length;
    const within = isWhole ? (typeof part === "number" ? "; one sample is a list of one" : "") : " in a part of it";
    const wanted = `a sample must be of shape ${formatShape(into.sampleShape)}`;
    throw new RangeRefusal(`predict(): x, row ${into.row}: ${wanted}, got ${got}${within}`);
  }
}

function isNumberArray(value: unknown): value is NumberArray {
  return (
    ArrayBuffer.isView(value) &&
    !(value instanceof DataView || value instanceof BigInt64Array || value instanceof BigUint64Array)
  );
}

function formatShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
