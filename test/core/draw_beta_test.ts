import { describe, expect, test } from "bun:test";
import { drawBeta } from "../../src/core/draw_beta.ts";
import { RandomStream } from "../../src/core/random_stream.ts";

/** P(λ < limit) by Simpson's rule, after t = sin² u, which takes the poles at the ends away where alpha is small. */
function integrateBeta(alpha: number, limit: number): number {
  const density = (u: number) => (Math.sin(u) * Math.cos(u)) ** (2 * alpha - 1);
  const integrate = (end: number) => {
    // The pole that is left is integrable: midpoints do without it.
    const steps = 200_000;
    let sum = 0;
    for (let i = 0; i < steps; i++) sum += density(((i + 0.5) * end) / steps);
    return (sum * end) / steps;
  };
  return integrate(Math.asin(Math.sqrt(limit))) / integrate(Math.PI / 2);
}

describe("drawBeta()", () => {
  for (const alpha of [0.4, 1, 3]) {
    test(`draws from Beta(${alpha}, ${alpha})`, () => {
      const stream = new RandomStream(3, "beta");
      const draws = Array.from({ length: 20_000 }, () => drawBeta(alpha, stream));
      for (const limit of [0.02, 0.1, 0.3, 0.5, 0.9]) {
        const share = draws.filter((draw) => draw < limit).length / draws.length;
        // Three deviations of a share, at most.
        expect(Math.abs(share - integrateBeta(alpha, limit))).toBeLessThan(0.0106);
      }
    });
  }

  test("stays within 0 and 1 where alpha is so small that gamma draws are 0", () => {
    const stream = new RandomStream(3, "beta");
    for (let i = 0; i < 1000; i++) {
      const draw = drawBeta(0.001, stream);
      expect(draw >= 0 && draw <= 1).toBe(true);
    }
  });
});
