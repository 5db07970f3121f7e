import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { mixSamples } from "../../../src/data/transforms/mixing.ts";
import { CutMixPlugin } from "../../../src/methods/cutmix/cutmix_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { drawMixing } from "../../../src/methods/shared/draw_mixing.ts";
import { makeOptions } from "../../training/loop/made_strategy.ts";

const SHAPE = [5, 8, 2];
const SIZE = 5 * 8 * 2;
const choice = { kind: "cutmix", alpha: 1, probability: 1, shape: SHAPE } as const;

describe("CutMixPlugin", () => {
  test("takes a rectangle of the other image, and the share of the target that its own pixels have", () => {
    const count = 60;
    const mixing = drawMixing(new Int32Array(count), choice, new RandomStream(2, "cutmix"));
    const x = Float32Array.from({ length: count * SIZE }, (_, i) => Math.floor(i / SIZE));
    mixSamples(x, mixing, SHAPE);
    let cut = 0;
    for (let i = 0; i < count; i++) {
      const partner = mixing.partners[i] ?? 0;
      const sample = x.subarray(i * SIZE, (i + 1) * SIZE);
      const foreign = [...sample.keys()].filter((at) => sample[at] !== i);
      if (partner === i) continue;
      expect(foreign.length / SIZE).toBeCloseTo(1 - (mixing.shares[i] ?? 0), 6);
      if (foreign.length === 0) continue;
      cut += 1;
      // A rectangle, with both channels of each pixel.
      const pixels = foreign.map((at) => Math.floor(at / 2));
      const [rows, columns] = [new Set(pixels.map((p) => Math.floor(p / 8))), new Set(pixels.map((p) => p % 8))];
      expect(rows.size * columns.size * 2).toBe(foreign.length);
      expect(Math.max(...rows) - Math.min(...rows)).toBe(rows.size - 1);
      expect(Math.max(...columns) - Math.min(...columns)).toBe(columns.size - 1);
      expect(foreign.every((at) => sample[at] === partner)).toBe(true);
    }
    expect(cut).toBeGreaterThan(20);
  });

  test("draws areas as the paper's code does", () => {
    const count = 20_000;
    const [height, width] = [32, 24];
    const shape = [height, width, 3];
    const { shares } = drawMixing(new Int32Array(count), { ...choice, shape }, new RandomStream(4, "cutmix"));
    // bbx1 = clip(cx − cut_w // 2), bbx2 = clip(cx + cut_w // 2), cut_w = int(W · √(1 − λ)), λ and the middle uniform.
    const stream = new RandomStream(5, "twin");
    const twin = Array.from({ length: count }, () => {
      const ratio = Math.sqrt(1 - stream.uniform());
      const [cutW, cutH] = [Math.trunc(width * ratio), Math.trunc(height * ratio)];
      const [cx, cy] = [Math.floor(stream.uniform() * width), Math.floor(stream.uniform() * height)];
      const clip = (value: number, most: number) => Math.min(most, Math.max(0, value));
      const x1 = clip(cx - Math.floor(cutW / 2), width);
      const x2 = clip(cx + Math.floor(cutW / 2), width);
      const y1 = clip(cy - Math.floor(cutH / 2), height);
      const y2 = clip(cy + Math.floor(cutH / 2), height);
      return 1 - ((x2 - x1) * (y2 - y1)) / (width * height);
    });
    for (const limit of [0.3, 0.5, 0.7, 0.9, 0.99]) {
      const below = (values: Iterable<number>) => [...values].filter((share) => share < limit).length / count;
      expect(Math.abs(below(shares) - below(twin))).toBeLessThan(0.015);
    }
  });

  test("is refused where samples are no images", () => {
    expect(() => new Naive({ ...makeOptions(), plugins: [new CutMixPlugin()] })).toThrow(
      "CutMixPlugin requires images [height, width, channels], got samples of shape [6]",
    );
  });
});
