import { describe, expect, test } from "bun:test";
import {
  describeCandidate,
  describeGate,
  describeState,
  type ListedVersion,
} from "../../src/serving/page/browser/described_versions.ts";
import { encodeRow } from "../../src/serving/page/browser/server_requests.ts";
import { type CountedVersion, measureTraffic } from "../../src/serving/page/browser/traffic.ts";
import { readImageForm } from "../../src/web/browser/image_form.ts";

function count(
  version: string,
  success: number,
  ns: number,
  more: { fail?: number; queueNs?: number } = {},
): CountedVersion {
  const { fail = 0, queueNs = 0 } = more;
  return {
    name: "m",
    version,
    inference_count: success * 2,
    inference_stats: {
      success: { count: success, ns },
      fail: { count: fail, ns: 0 },
      queue: { count: success, ns: queueNs },
    },
  };
}

describe("measureTraffic()", () => {
  test("takes rates and times from the requests since the sample before", () => {
    const before = { atMs: 1000, counted: [count("10", 4, 8e6), { ...count("9", 1, 1), name: "other" }] };
    const now = { atMs: 3000, counted: [count("10", 10, 38e6, { fail: 2, queueNs: 6e6 }), count("9", 3, 6e6)] };
    const [nine, ten] = measureTraffic("m", now, before);
    expect(ten).toEqual({
      version: "10",
      requests: 10,
      rows: 20,
      errors: 2,
      requestsPerSecond: 3,
      latencyMs: 5,
      queueMs: 1,
    });
    // Version 9 was opened since.
    expect([nine?.requestsPerSecond, nine?.latencyMs]).toEqual([1.5, 2]);
  });

  test("without requests since then gives the mean over all, without any none", () => {
    const sample = (atMs: number) => ({ atMs, counted: [count("0", 4, 8e6), count("1", 0, 0)] });
    const [zero, one] = measureTraffic("m", sample(3000), sample(1000));
    expect([zero?.requestsPerSecond, zero?.latencyMs, one?.latencyMs]).toEqual([0, 2, undefined]);
    expect(measureTraffic("m", sample(0), undefined)[0]?.requestsPerSecond).toBeUndefined();
  });

  test("counts a version from 0 that was released and opened again", () => {
    const before = { atMs: 0, counted: [count("0", 100, 100e6)] };
    const [zero] = measureTraffic("m", { atMs: 1000, counted: [count("0", 2, 8e6)] }, before);
    expect([zero?.requestsPerSecond, zero?.latencyMs]).toEqual([2, 4]);
  });
});

describe("words about versions", () => {
  const ready: ListedVersion = { version: "1", state: "ready", accuracies: [], is_loaded: true };
  const listed = { name: "m", current: "1", candidate: { version: "2", share: 0.1 }, versions: [ready] };

  test("say what each does", () => {
    expect(describeState(listed, ready)).toBe("answers");
    expect(describeState(listed, { ...ready, state: "refused" })).toBe("answers; its newer file is refused");
    expect(describeState(listed, { ...ready, version: "2" })).toBe("candidate");
    expect(describeState(listed, { ...ready, version: "0" })).toBe("loaded");
    expect(describeState(listed, { ...ready, version: "0", state: "released", is_loaded: false })).toBe("released");
    expect(describeGate({ ...ready, state: "refused", reason: "forgets" })).toBe("forgets");
    expect(describeGate(ready)).toBe("not measured");
    expect(describeGate({ ...ready, accuracies: [{ experience: 0, accuracy: 1 }] })).toBe("passed");
  });

  test("say how a candidate is tried, and how it agrees", () => {
    expect(describeCandidate(listed)).toBe("Version 2 answers 10 % of the requests.");
    const agreement = { rows: 200, same_class: 150, share: 0.75 };
    const silent = {
      ...listed,
      candidate: { version: "2", share: 0 },
      versions: [{ ...ready, version: "2", agreement }],
    };
    expect(describeCandidate(silent)).toBe(
      "Version 2 answers silently beside the one that answers: the same class for 150 of 200 rows (75.0 %).",
    );
    expect(describeCandidate({ ...listed, candidate: null })).toBe("");
  });
});

test("encodeRow() writes a binary tensor behind its JSON, with the task where the model takes one", () => {
  const inputs = [
    { name: "x", datatype: "UINT8", shape: [-1, 2, 2, 1] },
    { name: "task_labels", datatype: "INT64", shape: [-1] },
  ];
  const form = readImageForm({ inputs, parameters: {} });
  if (!form) throw new Error("no images");
  const { body, headBytes } = encodeRow({ values: Uint8Array.of(1, 2, 3, 4), form, task: 3 });
  expect(JSON.parse(new TextDecoder().decode(body.subarray(0, headBytes)))).toEqual({
    inputs: [
      { name: "x", datatype: "UINT8", shape: [1, 2, 2, 1], parameters: { binary_data_size: 4 } },
      { name: "task_labels", datatype: "INT64", shape: [1], data: [3] },
    ],
  });
  expect([...body.subarray(headBytes)]).toEqual([1, 2, 3, 4]);
});
