import { flushTiny } from "../../core/vector.ts";
import type { VectorKernels } from "../../kernels/vector_kernels.ts";

/**
 * Adds slots 1 … count − 1 to slot 0 on [start, end), in slot order, so that the sum never depends on who is done
 * first.
 */
export function reduceSlots(
  slots: readonly Float32Array[],
  count: number,
  slice: { readonly start: number; readonly end: number },
  kernels: VectorKernels,
): void {
  const sum = slots[0];
  if (!sum) return;
  for (const slot of slots.slice(1, count)) {
    kernels.compute({ written: [sum], read: [slot] }, slice, (functions, [total = 0, addend = 0], length) =>
      functions.addVector(total, addend, length),
    );
  }
}

/**
 * Writes the mean of the slots, weighted by their shards' sizes, to `target`, all of one length. Layer state holds
 * moving averages: tiny ones are flushed to 0.
 */
export function averageSlots(slots: readonly Float32Array[], sizes: readonly number[], target: Float32Array): void {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  for (let i = 0; i < target.length; i++) {
    let sum = 0;
    for (const [slot, size] of sizes.entries()) sum += (slots[slot]?.[i] ?? 0) * size;
    target[i] = flushTiny(sum / total);
  }
}
