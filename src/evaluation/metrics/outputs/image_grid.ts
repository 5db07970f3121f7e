import type { HostTensor } from "../../../core/host_tensor.ts";
import { parseImageSize } from "../../../data/sample_shape.ts";
import type { MetricImage } from "../../metric_data.ts";

/** Pixels between two pictures of a grid. */
const GAP = 2;

/**
 * Puts samples [N, …sampleShape] side by side, `columns` in a row. All are scaled alike, from the smallest value to 0
 * to the largest to 255; what lies between them is grey. One channel gives a grey picture, three a coloured one; of any
 * other number the first is shown.
 * @throws {RangeError} If the samples are no images.
 */
export function drawImageGrid(samples: HostTensor, columns: number): MetricImage {
  const [count = 0, ...sampleShape] = samples.shape;
  const { height, width, channels: found } = parseImageSize(sampleShape);
  const channels = found === 3 ? 3 : 1;
  const across = Math.min(columns, count);
  const down = Math.ceil(count / Math.max(1, across));
  const grid = {
    kind: "image" as const,
    width: Math.max(0, across * (width + GAP) - GAP),
    height: Math.max(0, down * (height + GAP) - GAP),
    channels,
  } as const;
  const pixels = new Uint8Array(grid.width * grid.height * channels).fill(128);
  const { offset, scale } = findScale(samples.data);
  for (let sample = 0; sample < count; sample++) {
    const top = Math.floor(sample / across) * (height + GAP);
    const left = (sample % across) * (width + GAP);
    for (let i = 0; i < height * width; i++) {
      const at = ((top + Math.floor(i / width)) * grid.width + left + (i % width)) * channels;
      for (let channel = 0; channel < channels; channel++) {
        const value = samples.data[(sample * height * width + i) * found + channel] ?? 0;
        pixels[at + channel] = Math.round((value - offset) * scale);
      }
    }
  }
  return { ...grid, pixels };
}

function findScale(values: Float32Array): { offset: number; scale: number } {
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    smallest = Math.min(smallest, value);
    largest = Math.max(largest, value);
  }
  return { offset: smallest, scale: largest > smallest ? 255 / (largest - smallest) : 0 };
}
