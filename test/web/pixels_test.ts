import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createInputForm } from "../../src/onnx/export/input_form.ts";
import { type DescribedModel, type ImageForm, readImageForm } from "../../src/web/browser/image_form.ts";
import { findDigitGrid, type Picture, sampleGrid, toModelInput, toPicture } from "../../src/web/browser/pixels.ts";

const NORMALIZATION = { scale: 1 / 255, mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4] };

function describeModel(
  shape: readonly number[],
  parameters: Record<string, string> = {},
  datatype = "FP32",
): DescribedModel {
  return { inputs: [{ name: "x", datatype, shape: [-1, ...shape] }], parameters };
}

const normalized = (value: object) => ({ "firn.normalization": JSON.stringify(value) });
const ONE = { scale: 1 / 255, mean: [0.1307], std: [0.3081] };

function formOf(model: DescribedModel): ImageForm {
  const form = readImageForm(model);
  if (!form) throw new Error("no images");
  return form;
}

/** A picture with a bright rectangle on black. */
function paint(size: number, box: { left: number; top: number; width: number; height: number }): Picture {
  const data = new Uint8ClampedArray(size * size * 4).fill(0);
  for (let y = box.top; y < box.top + box.height; y++) {
    for (let x = box.left; x < box.left + box.width; x++) data.fill(255, (y * size + x) * 4, (y * size + x) * 4 + 4);
  }
  return { data, width: size, height: size };
}

describe("readImageForm()", () => {
  test("knows images of 784 values, with channels last, with channels first, and of bytes", () => {
    const flat = formOf(describeModel([784], normalized(ONE)));
    expect([flat.height, flat.width, flat.channels]).toEqual([28, 28, 1]);
    const last = formOf(describeModel([32, 24, 3], normalized(NORMALIZATION)));
    expect([last.height, last.width, last.channels, last.isChannelsFirst]).toEqual([32, 24, 3, false]);
    const first = formOf(describeModel([3, 32, 24], { ...normalized(NORMALIZATION), "firn.layout": "nchw" }));
    expect([first.height, first.width, first.channels, first.isChannelsFirst]).toEqual([32, 24, 3, true]);
    const original = { ...normalized(ONE), "firn.original": '{"change":"channelsFirst"}' };
    expect(formOf(describeModel([1, 32, 24], original))).toMatchObject({ channels: 1, isChannelsFirst: true });
    expect(formOf(describeModel([32, 32, 3], {}, "UINT8")).factor).toBe(255);
    const tasks = { name: "task_labels", datatype: "INT64", shape: [-1] };
    const model = describeModel([784], normalized(ONE));
    expect(readImageForm({ ...model, inputs: [...model.inputs, tasks] })?.taskInput).toBe("task_labels");
  });

  test("knows that other samples are no images, or that nobody says what their pixels are", () => {
    const others = [
      describeModel([4], normalized(ONE)),
      describeModel([28, 28], normalized(ONE)),
      describeModel([28, 28, 2], normalized(ONE)),
      describeModel([5000, 28, 1], normalized(ONE)),
      describeModel([784]),
      describeModel([784], { "firn.normalization": "{" }),
      describeModel([784], { "firn.normalization": '{"scale":0,"mean":[],"std":[]}' }),
      describeModel([784], { ...normalized(ONE), "firn.feature_names": '["a"]' }),
      describeModel([28, 28, 1], normalized(ONE), "INT64"),
      { inputs: [...describeModel([784]).inputs, ...describeModel([784]).inputs], parameters: normalized(ONE) },
    ];
    expect(others.filter((model) => readImageForm(model))).toEqual([]);
  });
});

describe("toModelInput()", () => {
  const pixels = Float32Array.from({ length: 4 * 2 * 3 }, (_, i) => (i * 41) % 256);

  test("normalises by channel, as a plain loop does", () => {
    const row = toModelInput(pixels, formOf(describeModel([4, 2, 3], normalized(NORMALIZATION))));
    for (const [i, value] of row.entries()) {
      const c = i % 3;
      const expected =
        ((pixels[i] ?? 0) * NORMALIZATION.scale - (NORMALIZATION.mean[c] ?? 0)) / (NORMALIZATION.std[c] ?? 1);
      expect(value).toBeCloseTo(expected, 5);
    }
  });

  test("gives converted files what the product's own conversion of normalised samples gives them", () => {
    const data = toModelInput(pixels, formOf(describeModel([4, 2, 3], normalized(NORMALIZATION))));
    if (data instanceof Uint8Array) throw new Error("bytes");
    const preprocess = {
      "firn.preprocess": JSON.stringify(NORMALIZATION),
      ...normalized({ scale: 1, mean: [], std: [] }),
    };
    for (const layout of [{}, { "firn.layout": "nchw" }]) {
      for (const [datatype, more] of [
        ["FP32", {}],
        ["UINT8", preprocess],
      ] as const) {
        const metadata = { ...normalized(NORMALIZATION), ...more, ...layout };
        const shape = "firn.layout" in layout ? [3, 4, 2] : [4, 2, 3];
        const expected = createInputForm(metadata)({ data, shape: [1, 4, 2, 3], taskLabels: new Int32Array(1) }).data;
        const got = toModelInput(pixels, formOf(describeModel(shape, metadata, datatype)));
        expect(got.length).toBe(expected.length);
        for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 3);
      }
    }
  });

  test("takes pixels to 0 to 1 where raw values are", () => {
    const raw = { "firn.preprocess": JSON.stringify({ ...NORMALIZATION, scale: 1 }) };
    const row = toModelInput(pixels, formOf(describeModel([4, 2, 3], raw)));
    expect(row[1]).toBeCloseTo((pixels[1] ?? 0) / 255, 6);
    const sixteenths = { "firn.preprocess": JSON.stringify({ ...NORMALIZATION, scale: 1 / 16 }) };
    const sixteen = toModelInput(pixels, formOf(describeModel([4, 2, 3], sixteenths)));
    expect(sixteen[1]).toBeCloseTo((16 * (pixels[1] ?? 0)) / 255, 5);
  });
});

describe("sampleGrid()", () => {
  test("gives the pixels back of a picture that was made larger, and the mean of what lies in a cell", () => {
    const data = Uint8ClampedArray.from({ length: 6 * 4 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 29) % 256));
    const small = sampleGrid(
      { data, width: 6, height: 4 },
      { left: 0, top: 0, cell: 1 },
      { height: 4, width: 6, channels: 3 },
    );
    expect([...small]).toEqual([...data].filter((_, i) => i % 4 !== 3));
    const mean = sampleGrid(
      { data, width: 6, height: 4 },
      { left: 0, top: 0, cell: 2 },
      { height: 2, width: 3, channels: 3 },
    );
    const at = (x: number, y: number) => data[(y * 6 + x) * 4] ?? 0;
    expect(mean[3]).toBeCloseTo((at(2, 0) + at(3, 0) + at(2, 1) + at(3, 1)) / 4, 4);
    const picture = toPicture(small, formOf(describeModel([4, 6, 3], normalized(ONE))));
    expect([...picture]).toEqual([...data]);
  });

  test("weighs colours by their brightness", () => {
    const data = Uint8ClampedArray.from([200, 100, 50, 255]);
    const [grey] = sampleGrid(
      { data, width: 1, height: 1 },
      { left: 0, top: 0, cell: 1 },
      { height: 1, width: 1, channels: 1 },
    );
    expect(grey).toBeCloseTo(0.299 * 200 + 0.587 * 100 + 0.114 * 50, 3);
  });
});

describe("findDigitGrid()", () => {
  test("puts a figure in the middle, 20 cells long, wherever it was drawn", () => {
    const boxes = fc.record({
      left: fc.integer({ min: 0, max: 180 }),
      top: fc.integer({ min: 0, max: 180 }),
      width: fc.integer({ min: 20, max: 100 }),
      height: fc.integer({ min: 20, max: 100 }),
    });
    fc.assert(
      fc.property(boxes, (box) => {
        const picture = paint(280, box);
        const grid = findDigitGrid(picture);
        if (!grid) throw new Error("nothing found");
        expect(grid.cell).toBeCloseTo(Math.max(box.width, box.height) / 20, 9);
        const pixels = sampleGrid(picture, grid, { height: 28, width: 28, channels: 1 });
        let [mass, x, y] = [0, 0, 0];
        for (const [i, value] of pixels.entries()) {
          mass += value;
          x += value * ((i % 28) + 0.5);
          y += value * (Math.floor(i / 28) + 0.5);
        }
        expect(Math.abs(x / mass - 14)).toBeLessThan(0.6);
        expect(Math.abs(y / mass - 14)).toBeLessThan(0.6);
      }),
      { numRuns: 30 },
    );
  });

  test("finds nothing on a black pad", () => {
    expect(findDigitGrid(paint(28, { left: 0, top: 0, width: 0, height: 0 }))).toBeUndefined();
  });
});
