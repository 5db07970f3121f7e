import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { IncrementalClassifier } from "../../../../src/engine/tfjs/layers/incremental_classifier.ts";
import { MultiHeadClassifier } from "../../../../src/engine/tfjs/layers/multi_head_classifier.ts";
import { countMultiplyAccumulates, MAC } from "../../../../src/evaluation/metrics/resources/multiply_accumulates.ts";

const { conv1d, conv2d, conv2dTranspose, dense, depthwiseConv2d, flatten, separableConv2d } = tf.layers;

function count(layers: tf.layers.Layer[]): number {
  const model = tf.sequential({ layers });
  const counted = countMultiplyAccumulates(model);
  model.dispose();
  return counted;
}

describe("countMultiplyAccumulates()", () => {
  test("counts a dense layer once for each place that it is at", () => {
    expect(count([dense({ inputShape: [784], units: 512 }), dense({ units: 10 })])).toBe(784 * 512 + 512 * 10);
    expect(count([dense({ inputShape: [5, 3], units: 7 })])).toBe(5 * 3 * 7);
  });

  test("counts a convolution's whole window over all input channels for each output value", () => {
    // 28 x 28 x 3, windows of 5 x 5, 8 filters: 24 x 24 places.
    expect(count([conv2d({ inputShape: [28, 28, 3], kernelSize: 5, filters: 8 })])).toBe(24 * 24 * 8 * 5 * 5 * 3);
    const strided = conv2d({ inputShape: [9, 9, 2], kernelSize: 3, filters: 4, strides: 2, padding: "same" });
    expect(count([strided])).toBe(5 * 5 * 4 * 3 * 3 * 2);
    const first = conv2d({ inputShape: [3, 8, 8], kernelSize: 3, filters: 4, dataFormat: "channelsFirst" });
    expect(count([first])).toBe(6 * 6 * 4 * 3 * 3 * 3);
    expect(count([conv1d({ inputShape: [10, 2], kernelSize: 3, filters: 5 })])).toBe(8 * 5 * 3 * 2);
  });

  test("counts depthwise, separable and transposed convolutions", () => {
    const depthwise = depthwiseConv2d({ inputShape: [6, 6, 3], kernelSize: 3, depthMultiplier: 2 });
    expect(count([depthwise])).toBe(4 * 4 * 3 * 3 * 3 * 2);
    const separable = separableConv2d({ inputShape: [6, 6, 3], kernelSize: 3, filters: 5 });
    expect(count([separable])).toBe(4 * 4 * (3 * 3 * 3 + 3 * 5));
    const transposed = conv2dTranspose({ inputShape: [4, 4, 2], kernelSize: 3, filters: 5, strides: 2 });
    expect(count([transposed])).toBe(4 * 4 * 3 * 3 * 5 * 2);
  });

  test("counts models within models, and a shared layer once for each call", () => {
    const inner = tf.sequential({ layers: [dense({ inputShape: [4], units: 3 })] });
    expect(count([flatten({ inputShape: [2, 2] }), inner, dense({ units: 2 })])).toBe(4 * 3 + 3 * 2);
    const shared = dense({ units: 3 });
    const [a, b] = [tf.input({ shape: [4] }), tf.input({ shape: [4] })];
    const outputs = tf.layers.add().apply([shared.apply(a), shared.apply(b)] as tf.SymbolicTensor[]);
    const model = tf.model({ inputs: [a, b], outputs: outputs as tf.SymbolicTensor });
    expect(countMultiplyAccumulates(model)).toBe(2 * 4 * 3);
    model.dispose();
  });

  test("counts the head of one task, and no layer that only scales", () => {
    expect(count([new IncrementalClassifier({ units: 3, inputShape: [4] } as { units: number })])).toBe(12);
    const features = tf.input({ shape: [6] });
    const labels = tf.input({ shape: [] });
    const head = new MultiHeadClassifier({ headUnits: [2, 5] });
    const outputs = head.apply([tf.layers.batchNormalization().apply(features) as tf.SymbolicTensor, labels]);
    const model = tf.model({ inputs: [features, labels], outputs: outputs as tf.SymbolicTensor });
    expect(countMultiplyAccumulates(model)).toBe(6 * 5);
    model.dispose();
  });

  test("throws RangeError, when a length depends on the sample", () => {
    const model = tf.sequential({ layers: [conv2d({ inputShape: [null, 8, 1], kernelSize: 3, filters: 1 })] });
    expect(() => countMultiplyAccumulates(model)).toThrow("needs fixed lengths besides the batch in conv2d");
    model.dispose();
  });
});

describe("MAC", () => {
  test("keeps the count of the model that it saw last", () => {
    const model = tf.sequential({ layers: [dense({ inputShape: [4], units: 3 })] });
    const [metric, copy] = [new MAC(), new MAC()];
    expect(metric.result()).toBe(0);
    metric.update(model);
    copy.restore(JSON.parse(JSON.stringify(metric.save())));
    expect([metric.result(), copy.result()]).toEqual([12, 12]);
    metric.reset();
    expect(metric.result()).toBe(0);
    model.dispose();
  });
});
