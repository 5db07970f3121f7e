/** A picture: rows of pixels from the top, channels last. */
export interface MetricImage {
  readonly kind: "image";
  readonly width: number;
  readonly height: number;
  /** 1 is grey, 3 is red, green and blue. */
  readonly channels: 1 | 3;
  /** [height, width, channels] */
  readonly pixels: Uint8Array;
}

/** How often each class was met. */
export interface ClassCounts {
  readonly kind: "counts";
  /** Pairs of a class id and its count, by ascending class. */
  readonly counts: readonly (readonly [number, number])[];
}

/** A model's parameters at one moment. */
export interface WeightSnapshot {
  readonly kind: "weights";
  /** Of the vector as little-endian float32, in hexadecimal: what summary.json calls parametersHash. */
  readonly sha256: string;
  /** A copy of the flat vector [P]. */
  readonly parameters: Float32Array;
}

/** What a metric may report: a number, a matrix by rows whose missing cells are NaN, or a thing of its own kind. */
export type MetricData = number | readonly (readonly number[])[] | MetricImage | ClassCounts | WeightSnapshot;

/** True for rows of numbers. */
export function isMatrix(value: MetricData): value is readonly (readonly number[])[] {
  return Array.isArray(value);
}

/** The value as JSON can hold it: what is large (pixels, parameters) is left out, NaN becomes null on the way. */
export function toPlainData(value: MetricData): unknown {
  if (typeof value === "number" || isMatrix(value)) return value;
  switch (value.kind) {
    case "image":
      return { kind: value.kind, width: value.width, height: value.height, channels: value.channels };
    case "counts":
      return value;
    case "weights":
      return { kind: value.kind, sha256: value.sha256, length: value.parameters.length };
  }
}
