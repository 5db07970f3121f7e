import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { convertExport } from "../../src/onnx/conversion/convert_export.ts";
import { type MadeModel, makeModel } from "./made_models.ts";

/** Classes of models that look where an image of 28 × 28 is bright: left, in the middle, right. */
export const SIDES = ["left", "middle", "right"];

/** As MNIST's data are normalised. */
export const NORMALIZATION = { scale: 1 / 255, mean: [0.1307], std: [0.3081] };

/** Which third of its row a pixel lies in. */
export function findSide(pixel: number): number {
  return Math.min(2, Math.floor((pixel % 28) / 9.5));
}

/** A model that answers where an image is bright; one that has forgotten takes left for right. */
export function describeSideModel({
  hasForgotten = false,
  ...more
}: MadeModel & { hasForgotten?: boolean } = {}): MadeModel {
  return {
    features: 784,
    classNames: SIDES,
    metadata: { "firn.normalization": JSON.stringify(NORMALIZATION) },
    weigh: (pixel, column) => (findSide(pixel) === (hasForgotten ? 2 - column : column) ? 0.01 : 0),
    ...more,
  };
}

/** The probabilities of such a model for raw pixels [784] of 0 to 255, computed plainly. */
export function computeSides(pixels: ArrayLike<number>, { hasForgotten = false } = {}): number[] {
  const sums = [0, 0, 0];
  for (let i = 0; i < 784; i++) {
    const value = ((pixels[i] ?? 0) / 255 - 0.1307) / 0.3081;
    const column = hasForgotten ? 2 - findSide(i) : findSide(i);
    sums[column] = (sums[column] ?? 0) + 0.01 * value;
  }
  const powers = sums.map(Math.exp);
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** Writes such a model as a version that takes bytes and normalises them itself. */
export async function writeByteVersion(folder: string, version: number): Promise<void> {
  const { bytes } = await convertExport(makeModel(describeSideModel()), { preprocess: true });
  await writeFile(join(folder, `experience-${String(version).padStart(3, "0")}.onnx`), bytes);
}
