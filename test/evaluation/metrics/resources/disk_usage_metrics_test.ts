import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EvaluationPlugin } from "../../../../src/evaluation/evaluation_plugin.ts";
import { DiskUsage, diskUsageMetrics } from "../../../../src/evaluation/metrics/resources/disk_usage.ts";
import { makeFolder, removeFolders } from "../../../support/made_idx.ts";
import { FakeStrategy } from "../../fake_strategy.ts";
import { createPlainStream } from "../../fake_stream.ts";

afterAll(removeFolders);

async function makeTree(): Promise<string> {
  const folder = await makeFolder({});
  await mkdir(join(folder, "deep", "deeper"), { recursive: true });
  await writeFile(join(folder, "a"), new Uint8Array(1024));
  await writeFile(join(folder, "deep", "deeper", "b"), new Uint8Array(512));
  return folder;
}

describe("DiskUsage", () => {
  test("result() is the KiB of all files below, when it was last looked", async () => {
    const folder = await makeTree();
    const usage = new DiskUsage(() => [folder, join(folder, "missing")]);
    expect(usage.result()).toBe(0);
    usage.update();
    expect(usage.result()).toBe(1.5);
    await writeFile(join(folder, "deep", "c"), new Uint8Array(2048));
    expect(usage.result()).toBe(1.5);
    const copy = new DiskUsage(() => []);
    copy.restore(JSON.parse(JSON.stringify(usage.save())));
    expect(copy.result()).toBe(1.5);
    usage.update();
    expect(usage.result()).toBe(3.5);
    usage.reset();
    expect(usage.result()).toBe(0);
  });

  test("update() does not follow links, which may lead in circles", async () => {
    const folder = await makeTree();
    await symlink(folder, join(folder, "deep", "circle"));
    const usage = new DiskUsage(() => [folder]);
    usage.update();
    expect(usage.result()).toBeLessThan(2);
  });
});

describe("diskUsageMetrics()", () => {
  test("reports what is there at the end of each span, as values of the machine", async () => {
    const folder = await makeTree();
    const occasions = { minibatch: true, epoch: true, experience: true, stream: true };
    const metrics = diskUsageMetrics({ ...occasions, paths: [folder] });
    expect(metrics.every(({ ofMachine }) => ofMachine)).toBe(true);
    const evaluator = new EvaluationPlugin({ metrics });
    const strategy = new FakeStrategy(evaluator);
    strategy.train([createPlainStream("train", 1).at(0)]);
    strategy.eval([...createPlainStream("test", 1)]);
    expect(evaluator.getLastMetrics()).toEqual({
      "DiskUsage_MB/train_phase/train_stream/Task000": 1.5,
      "DiskUsage_Epoch/train_phase/train_stream/Task000": 1.5,
      "DiskUsage_Exp/eval_phase/test_stream/Task000/Exp000": 1.5,
      "DiskUsage_Stream/eval_phase/test_stream/Task000": 1.5,
    });
  });
});
