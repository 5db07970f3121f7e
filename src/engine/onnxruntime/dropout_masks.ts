import type { Noise } from "../../onnx/layers/noise.ts";
import type { DropoutKey } from "../engine.ts";
import { fillNoise } from "../noise.ts";

interface HeldMask {
  readonly buffer: Float32Array;
  /** What it is filled with: key, distribution and length. */
  readonly contents: string;
}

/** One mask, or other random tensor, as a graph asks for it. */
export interface MaskRequest {
  readonly name: string;
  readonly noise: Noise;
  readonly layerIndex: number;
  /** In elements, the batch included. */
  readonly length: number;
}

/**
 * Dropout masks in memory that is used again. The backward half of a split step asks for the masks that its forward
 * half had: those are still there and are not drawn a second time.
 */
export class DropoutMasks {
  readonly #held = new Map<string, HeldMask>();

  /** The mask [length]; valid until the next request of that name. */
  get({ name, noise, layerIndex, length }: MaskRequest, key: DropoutKey): Float32Array {
    const contents = `${key.seed}/${key.step}/${key.shard}/${layerIndex}/${Object.values(noise).join()}/${length}`;
    const held = this.#held.get(name);
    if (held?.contents === contents) return held.buffer.subarray(0, length);
    const buffer = held && held.buffer.length >= length ? held.buffer : new Float32Array(length);
    const mask = buffer.subarray(0, length);
    fillNoise(mask, noise, key, layerIndex);
    this.#held.set(name, { buffer, contents });
    return mask;
  }
}
