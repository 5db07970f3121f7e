import { readFileSync } from "node:fs";
import { encode as encodePng } from "fast-png";
import protobuf from "protobufjs";
import { toPlainBytes } from "../../core/plain_bytes.ts";
import { isMatrix, type MetricData, type MetricImage } from "../metric_data.ts";
import { drawHeatMap } from "./heat_map_image.ts";
import { createCountHistogram, createHistogram, type Histogram } from "./histogram.ts";

const schema = readFileSync(new URL("../../../proto/tensorboard_event.proto", import.meta.url), "utf8");
const eventType = protobuf.parse(schema, { keepCase: true }).root.lookupType("tensorboard.Event");

/** When something was, for TensorBoard. */
export interface EventPlace {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
}

/** The event that every file begins with. */
export function encodeFileVersion(wallTime: number): Uint8Array<ArrayBuffer> {
  return encode({ wall_time: wallTime, file_version: "brain.Event:2" });
}

/**
 * A value under its key: numbers as scalars, pictures as images, matrices as heat maps, counts and weights as
 * histograms. The caller owns the result.
 */
export function encodeValue(key: string, data: MetricData, { wallTime, step }: EventPlace): Uint8Array<ArrayBuffer> {
  return encode({ wall_time: wallTime, step, summary: { value: [{ tag: key, ...describeData(data) }] } });
}

function describeData(data: MetricData): object {
  if (typeof data === "number") return { simple_value: data };
  if (isMatrix(data)) return describeImage(drawHeatMap(data));
  switch (data.kind) {
    case "image":
      return describeImage(data);
    case "counts":
      return describeHistogram(createCountHistogram(data.counts));
    case "weights":
      return describeHistogram(createHistogram(data.parameters));
  }
}

function describeImage({ width, height, channels, pixels }: MetricImage): object {
  const file = encodePng({ width, height, channels, data: pixels });
  return { image: { width, height, colorspace: channels, encoded_image_string: file } };
}

function describeHistogram({ min, max, num, sum, sumSquares, bucketLimits, buckets }: Histogram): object {
  return { histo: { min, max, num, sum, sum_squares: sumSquares, bucket_limit: bucketLimits, bucket: buckets } };
}

function encode(event: object): Uint8Array<ArrayBuffer> {
  return toPlainBytes(eventType.encode(eventType.create(event)).finish());
}
