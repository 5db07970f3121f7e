import { describe, expect, test } from "bun:test";
import type { Carrier } from "../../../../src/engine/onnxruntime/carrier.ts";
import { openCarrier } from "../../../../src/engine/onnxruntime/choose_carrier.ts";
import type { PortArray } from "../../../../src/engine/onnxruntime/graph_ports.ts";
import { assertComputes } from "../../../../src/engine/onnxruntime/native/self_test.ts";

describe("assertComputes()", () => {
  test("passes, when the carrier computes", async () => {
    for (const name of ["addon", "native"] as const) await assertComputes(await openCarrier("cpu", name));
  });

  test("throws, when an output, a gradient or anything after the first run is wrong", async () => {
    const faults: readonly ((arrays: readonly PortArray[], run: number) => void)[] = [
      (arrays) => spoil(arrays.find((array) => ArrayBuffer.isView(array) && array.length === 6)),
      (arrays) => spoil(arrays.at(-1)),
      (arrays, run) => (run === 1 ? spoil(arrays.at(-1)) : undefined),
    ];
    for (const fault of faults) {
      await expect(assertComputes(breakCarrier(await openCarrier("cpu"), fault))).rejects.toThrow(
        /its self-test wants/,
      );
    }
  });
});

/** The same, but for a fault after each run. */
function breakCarrier(carrier: Carrier, fault: (arrays: readonly PortArray[], run: number) => void): Carrier {
  return {
    ...carrier,
    async load(file, settings) {
      const runner = await carrier.load(file, settings);
      let runs = 0;
      return {
        release: () => runner.release(),
        async run(arrays, rows) {
          await runner.run(arrays, rows);
          fault(arrays, runs++);
        },
      };
    },
  };
}

function spoil(array: PortArray | undefined): void {
  if (array instanceof Float32Array) array[0] = (array[0] ?? 0) + 1;
}
