import { describe, expect, test } from "bun:test";
import {
  AverageMeanClassAccuracy,
  ClassAccuracy,
  ConfusionMatrix,
  CPUUsage,
  CumulativeAccuracy,
  DiskUsage,
  ElapsedTime,
  Forgetting,
  ForwardTransfer,
  LabelsRepartition,
  MAC,
  Mean,
  mlp,
} from "../../src/mod.ts";

/** Class ids as one-hot rows of three logits, and Avalanche's two made minibatches. */
const rowsOf = (classes: readonly number[]) => ({
  data: Float32Array.from(classes.flatMap((id) => [0, 1, 2].map((column) => (column === id ? 1 : 0)))),
  shape: [classes.length, 3],
});
const Y = Int32Array.of(0, 0, 1, 0, 2, 2, 0);
const FIRST = rowsOf([0, 0, 1, 2, 1, 1, 1]);
const SECOND = rowsOf([2, 2, 2, 2, 1, 2, 1]);
const task = (label: number) => new Int32Array(7).fill(label);
const [AMCA_1, AMCA_2] = [(0.5 + 1 + 0) / 3, (0 + 0 + 0.5) / 3];

type Nested = number | ReadonlyMap<number, Nested>;
const plain = (value: Nested): unknown =>
  typeof value === "number" ? value : Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)]));

describe("tests/test_metrics.py", () => {
  test("test_class_accuracy_extended: each class and task apart", () => {
    const metric = new ClassAccuracy();
    expect(plain(metric.result())).toEqual({});
    metric.update(FIRST, Y, task(0));
    expect(plain(metric.result())).toEqual({ 0: { 0: 0.5, 1: 1, 2: 0 } });
    metric.update(FIRST, Y, task(1));
    expect(plain(metric.result())).toEqual({ 0: { 0: 0.5, 1: 1, 2: 0 }, 1: { 0: 0.5, 1: 1, 2: 0 } });
  });

  test("test_class_accuracy_static: classes that are named count from the start, after a reset too", () => {
    const none = { 0: { 0: 0, 1: 0, 2: 0 }, 1: { 0: 0, 1: 0, 2: 0 } };
    const metric = new ClassAccuracy({ 0: [0, 1, 2], 1: [0, 1, 2] });
    expect(plain(metric.result())).toEqual(none);
    metric.update(FIRST, Y, task(0));
    expect(plain(metric.result())).toEqual({ ...none, 0: { 0: 0.5, 1: 1, 2: 0 } });
    metric.reset();
    expect(plain(metric.result())).toEqual(none);
    metric.update(FIRST, Y, task(1));
    expect(plain(metric.result())).toEqual({ ...none, 1: { 0: 0.5, 1: 1, 2: 0 } });
  });

  test("test_amca_single_task_dynamic and test_amca_two_task_dynamic: the mean of an evaluation's classes", () => {
    const metric = new AverageMeanClassAccuracy();
    expect(plain(metric.result())).toEqual({});
    metric.update(FIRST, Y, task(0));
    expect(plain(metric.result())).toEqual({ 0: AMCA_1 });
    metric.update(SECOND, Y, task(1));
    expect(plain(metric.result())).toEqual({ 0: AMCA_1, 1: AMCA_2 });
    metric.reset();
    metric.update(FIRST, Y, task(0));
    metric.update(SECOND, Y, task(0));
    expect(metric.result().get(0)).toBeCloseTo((AMCA_1 + AMCA_2) / 2, 12);
  });

  test("test_amca_two_task_static: the mean over evaluations, of the samples of each task", () => {
    const metric = new AverageMeanClassAccuracy({ 0: [0, 1, 2], 1: [0, 1, 2] });
    expect(plain(metric.result())).toEqual({ 0: 0, 1: 0 });
    metric.update(FIRST, Y, task(0));
    metric.update(SECOND, Y, task(1));
    metric.finishEvaluation();
    const both = { data: Float32Array.of(...FIRST.data, ...SECOND.data), shape: [14, 3] };
    metric.update(both, Int32Array.of(...Y, ...Y), Int32Array.of(...task(0), ...task(1)));
    expect(plain(metric.result())).toEqual({ 0: AMCA_1, 1: AMCA_2 });
    metric.finishEvaluation();
    // With the classes named, an evaluation without samples counts for 0, as in Avalanche.
    expect(plain(metric.result())).toEqual({ 0: (AMCA_1 * 2) / 3, 1: (AMCA_2 * 2) / 3 });
    metric.reset();
    expect(plain(metric.result())).toEqual({ 0: 0, 1: 0 });
  });

  test("test_cm: counts, and zero after a reset", () => {
    const metric = new ConfusionMatrix();
    metric.update(FIRST, Y);
    const counts = metric.result().flat();
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(7);
    metric.reset();
    expect(
      metric
        .result()
        .flat()
        .every((count) => count === 0),
    ).toBe(true);
  });

  test("test_mean and test_timing: 0 before anything, and after a reset", () => {
    const mean = new Mean();
    mean.update(0.1, 1);
    expect(mean.result()).toBe(0.1);
    mean.reset();
    expect(mean.result()).toBe(0);
    let now = 0;
    const time = new ElapsedTime(() => now);
    expect(time.result()).toBe(0);
    time.update();
    expect(time.result()).toBe(0);
    now = 2000;
    time.update();
    expect(time.result()).toBe(2);
    time.reset();
    expect(time.result()).toBe(0);
  });

  test("test_cpu, test_disk and test_mac: 0 before they are updated, not negative after", async () => {
    const cpu = new CPUUsage();
    expect(cpu.result()).toBe(0);
    cpu.update();
    cpu.update();
    expect(cpu.result()).toBeGreaterThanOrEqual(0);
    cpu.reset();
    expect(cpu.result()).toBe(0);
    const disk = new DiskUsage(() => ["test/avalanche"]);
    expect(disk.result()).toBe(0);
    disk.update();
    expect(disk.result()).toBeGreaterThan(0);
    disk.reset();
    expect(disk.result()).toBe(0);
    const mac = new MAC();
    expect(mac.result()).toBe(0);
    mac.update(mlp({ inputShape: [10], hiddenLayers: 1, hiddenSize: 4, numClasses: 2 }));
    expect(mac.result()).toBe(10 * 4 + 4 * 2);
  });

  test("test_forgetting and test_forward_transfer: nothing until a key has both values", () => {
    const forgetting = new Forgetting();
    expect(plain(forgetting.result())).toEqual({});
    expect(forgetting.resultOf(0)).toBeUndefined();
    forgetting.updateInitial(0, 1);
    expect(forgetting.resultOf(0)).toBeUndefined();
    forgetting.updateLast(0, 0.4);
    expect(forgetting.resultOf(0)).toBe(0.6);
    forgetting.reset();
    expect(plain(forgetting.result())).toEqual({});
    const transfer = new ForwardTransfer();
    transfer.updateInitial(0, 1);
    expect(transfer.resultOf(0)).toBeUndefined();
    transfer.updatePrevious(0, 0.4);
    expect(transfer.resultOf(0)).toBe(-0.6);
    transfer.reset();
    expect(plain(transfer.result())).toEqual({});
  });

  test("test_cumulative_accuracy: all classes give the plain accuracy; all wrong 0, all right 1", () => {
    const seen = new Map([
      [0, [0, 1]],
      [1, [0, 1, 2]],
    ]);
    const metric = new CumulativeAccuracy();
    expect(plain(metric.result())).toEqual({});
    metric.update(FIRST, Y, seen);
    expect(metric.result().get(1)).toBe(3 / 7);
    for (const [share, rows] of [
      [1, rowsOf([...Y])],
      [0, rowsOf([...Y].map((id) => (id === 0 ? 1 : 0)))],
    ] as const) {
      metric.reset();
      metric.update(rows, Y, seen);
      expect(plain(metric.result())).toEqual({ 0: share, 1: share });
    }
  });

  test("test_labels_repartition: counts by task and class", () => {
    const metric = new LabelsRepartition();
    metric.update(Int32Array.of(1, 1, 2, 2, 3, 3, 5), Int32Array.of(0, 0, 1, 0, 2, 1, 2));
    metric.update(Int32Array.of(7, 8), Int32Array.of(0, 3));
    const counts = [...metric.result()].map(([label, pairs]) => [label, Object.fromEntries(pairs)]);
    expect(Object.fromEntries(counts)).toEqual({
      0: { 1: 2, 2: 1, 7: 1 },
      1: { 2: 1, 3: 1 },
      2: { 3: 1, 5: 1 },
      3: { 8: 1 },
    });
    metric.reset();
    expect(metric.result().size).toBe(0);
  });
});
