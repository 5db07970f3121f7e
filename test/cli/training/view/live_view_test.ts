import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { StopRequest } from "../../../../src/cli/cli_error.ts";
import { chooseLog } from "../../../../src/cli/training/run_loggers.ts";
import { createLiveView, type LiveView } from "../../../../src/cli/training/view/live_view.ts";
import { EvaluationPlugin } from "../../../../src/evaluation/evaluation_plugin.ts";
import { FakeStrategy } from "../../../evaluation/fake_strategy.ts";
import { createPlainStream } from "../../../evaluation/fake_stream.ts";
import { captureCli } from "../../../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../../../support/made_idx.ts";

afterAll(removeFolders);

const ERASE = "\r\x1b[2K";
const HEADING = "Accuracy on each experience of the test stream, in percent\ntrained    0    1    stream  forgetting\n";

/** A terminal, what was written to it, and a clock that goes on by half a second whenever it is read. */
function createScreen({ isTTY = true } = {}) {
  const parts: string[] = [];
  let nowMs = 0;
  const now = () => {
    nowMs += 500;
    return nowMs;
  };
  return { parts, now, stream: { write: (text: string) => parts.push(text), columns: 100, isTTY } };
}

function evaluate({ logger }: LiveView): EvaluationPlugin {
  return new EvaluationPlugin({ metrics: [], loggers: [logger] });
}

function createRow(index: number, testAccuracy: readonly number[]) {
  const seconds = { trainSeconds: 1, evalSeconds: 1 };
  return { index, classes: [], examples: 1, epochs: 1, ...seconds, testAccuracy, streamAccuracy: 0.5, onnx: null };
}

/** What a terminal shows in the end. */
function render(text: string): string[] {
  const lines = [""];
  for (const piece of text.replaceAll(ERASE, "<erase>").split(/(\n|<erase>)/)) {
    if (piece === "\n") lines.push("");
    else lines[lines.length - 1] = piece === "<erase>" ? "" : lines[lines.length - 1] + piece;
  }
  return lines;
}

describe("createLiveView()", () => {
  test("has a heading above rows that are longer: experiences came later", () => {
    const { parts, now, stream } = createScreen({ isTTY: false });
    const view = createLiveView({ stream, now, perReplica: false, isOnline: false });
    view.show({ experiences: [createRow(0, [1]), createRow(1, [0.5, 1])], testExperiences: ["may", "june"] });
    expect(parts.join("").split("\n")).toEqual([
      "Accuracy on each experience of the test stream, in percent",
      "trained    0    stream  forgetting",
      "      0  100    0.5000      0.0000",
      "Accuracy on each experience of the test stream, in percent",
      "trained    0    1    stream  forgetting",
      "      1   50  100    0.5000      0.5000",
      "",
    ]);
  });

  test("calls experiences by their names, where they have names", () => {
    const { parts, now, stream } = createScreen();
    const view = createLiveView({ stream, now, perReplica: false, isOnline: false });
    const strategy = new FakeStrategy(evaluate(view));
    strategy.train([{ ...createPlainStream("train", 2).at(1), name: "a very long name of a month" }], { batches: [1] });
    strategy.eval([{ ...createPlainStream("test", 2).at(0), name: "may\u001b" }]);
    expect(parts[0]).toContain("Training 2/2 a very long name, epoch 1/1 [");
    expect(parts.join("")).toContain("Evaluating test 1/2 may\\u001b [");
  });

  test("draws one bar in place, and rows above it", () => {
    const { parts, now, stream } = createScreen();
    const view = createLiveView({ stream, now, perReplica: false, isOnline: false });
    const strategy = new FakeStrategy(evaluate(view));
    strategy.train([createPlainStream("train", 2).at(1)], { batches: [3, 1], epochs: 1 });
    const bar = (shown: string) => expect.stringMatching(new RegExp(`^\\r\\x1b\\[2K${shown} {2}loss 0\\.\\d{4}$`));
    expect(parts.splice(0)).toEqual([
      bar("Training 2/2, epoch 1/1 \\[#{10}-{10}\\] 1/2 {2}6\\.00 samples/s {2}0:01 left"),
      bar("Training 2/2, epoch 1/1 \\[#{20}\\] 2/2 {2}4\\.00 samples/s {2}0:00 left"),
      bar("Training 2/2, epoch 1/1 \\[#{20}\\] 2/2 {2}2\\.67 samples/s {2}0:00 left"),
    ]);
    view.show({ experiences: [createRow(0, [1, 0])] });
    const first = "      0  100    0    0.5000      0.0000\n";
    expect(parts.splice(0)).toEqual([ERASE, `${HEADING}${first}`]);
    strategy.eval([createPlainStream("test", 2).at(0)], { batches: [5] });
    expect(parts.splice(0)).toEqual([
      bar("Evaluating test 1/2 \\[#{20}\\] 1/1 {2}10 samples/s {2}0:00 left"),
      bar("Evaluating test 1/2 \\[#{20}\\] 1/1 {2}5\\.00 samples/s {2}0:00 left"),
    ]);
    view.show({ experiences: [createRow(0, [1, 0]), createRow(1, [0.75, 1])] });
    const second = "      1   75  100    0.5000      0.2500\n";
    expect(parts.splice(0)).toEqual([ERASE, second]);
    view.clear();
    view.show({ experiences: [createRow(0, [1, 0]), createRow(1, [0.75, 1])] });
    expect(parts).toEqual([]);
  });

  test("takes the bar away when it is cleared", () => {
    const { parts, now, stream } = createScreen();
    const view = createLiveView({ stream, now, perReplica: false, isOnline: false });
    new FakeStrategy(evaluate(view)).train([createPlainStream("train", 1).at(0)]);
    view.clear();
    view.clear();
    expect(render(parts.join(""))).toEqual([""]);
    expect(parts.filter((part) => part === ERASE)).toHaveLength(1);
  });

  test("leaves room for ^C behind a bar that fills the line", () => {
    const { parts, now, stream } = createScreen();
    const view = createLiveView({ stream: { ...stream, columns: 40 }, now, perReplica: false, isOnline: false });
    new FakeStrategy(evaluate(view)).train([createPlainStream("train", 1).at(0)]);
    expect(Math.max(...parts.map((part) => part.length - ERASE.length))).toBe(37);
  });

  test("draws one bar over all small experiences of an online stream", () => {
    const { parts, now, stream } = createScreen();
    const view = createLiveView({ stream, now, perReplica: false, isOnline: true });
    const pieces = createPlainStream("train_online", 8);
    new FakeStrategy(evaluate(view)).train([4, 5, 6].map((index) => pieces.at(index)));
    expect(parts.map((part) => part.replace(/ {2}loss.*/, ""))).toEqual([
      `${ERASE}Training [#############-------] 5/8  2.00 experiences/s  0:02 left`,
      `${ERASE}Training [###############-----] 6/8  2.00 experiences/s  0:01 left`,
      `${ERASE}Training [##################--] 7/8  2.00 experiences/s  0:01 left`,
      `${ERASE}Training [##################--] 7/8  1.50 experiences/s  0:01 left`,
    ]);
  });

  test("writes rows alone where there is no terminal", () => {
    const { parts, now, stream } = createScreen({ isTTY: false });
    const view = createLiveView({ stream, now, perReplica: true, isOnline: false });
    new FakeStrategy(evaluate(view)).train([createPlainStream("train", 1).at(0)]);
    view.show({ experiences: [createRow(0, [1, 0])] });
    expect(parts).toEqual([`${HEADING}      0  100    0    0.5000      0.0000\n`]);
  });
});

describe("chooseLog()", () => {
  const plain = { quiet: false, json: false, workerBars: false };
  const [terminal, file] = [true, false].map((isTTY) => ({ write: () => undefined, isTTY }));

  test("shows a run live on a terminal and as text elsewhere, unless something else is wanted", () => {
    if (!terminal || !file) throw new Error("there are two");
    expect([chooseLog(plain, terminal), chooseLog(plain, file)]).toEqual(["live", "text"]);
    expect(chooseLog({ ...plain, log: "text" }, terminal)).toBe("text");
    expect(chooseLog({ ...plain, log: "live" }, file)).toBe("live");
    expect(chooseLog({ ...plain, quiet: true, log: "none" }, terminal)).toBe("none");
    expect(chooseLog({ ...plain, json: true }, terminal)).toBe("json");
  });
});

describe("train --log", () => {
  const SMALL = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--batch-size", "8", "--workers", "0", "--no-onnx"];

  async function makeWords() {
    const data = await makeFolder(makeMNISTFiles({ trainPerClass: 8, testPerClass: 3 }));
    const out = join(await makeFolder({}), "run");
    return {
      out,
      words: ["train", "--data", data, "--out", out, "--benchmark", "split-mnist:experiences=2", ...SMALL],
    };
  }

  test("on a terminal leaves the matrix and the figures, and no bar", async () => {
    const { out, words } = await makeWords();
    const { status, stdout } = await captureCli(words, { columns: 80 });
    const { final } = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    const lines = render(stdout);
    expect(status).toBe(0);
    expect(lines.slice(0, 2).join("\n")).toBe(HEADING.trimEnd());
    const figures = final.streamAccuracy.toFixed(4);
    expect(lines[3]?.startsWith("      1 ")).toBe(true);
    expect(lines[3]).toContain(` ${figures} `);
    expect(lines.slice(4, 6)).toEqual(["", `stream accuracy     ${figures}`]);
    expect(lines.filter((line) => line.includes("[#"))).toEqual([]);
  });

  test("text writes Avalanche's lines on a terminal, with their bars", async () => {
    const { words } = await makeWords();
    const { stdout } = await captureCli([...words, "--log", "text"], { columns: 80 });
    expect(stdout).toContain("-- Training on experience 1");
    expect(render(stdout).filter((line) => line.startsWith("Epoch 1/1 [#"))).toHaveLength(2);
    expect(stdout).toMatch(/\ntrained {2}classes +test 0 {2}test 1 {2}stream {2}seconds\n/);
  });

  test("leaves no bar behind when the run is interrupted, and shows the rows so far when it goes on", async () => {
    const { out, words } = await makeWords();
    const controller = new AbortController();
    let text = "";
    const context = {
      stdout: {
        isTTY: true,
        columns: 80,
        write: (part: string) => {
          text += part;
          if (part.includes("Training 2/2")) controller.abort(new StopRequest("SIGINT"));
        },
      },
      stderr: { write: (part: string) => (text += part) },
      signal: controller.signal,
    };
    const { runCli } = await import("../../../../src/cli/run_cli.ts");
    expect(await runCli(words, context)).toBe(130);
    const lines = render(text);
    expect(lines.slice(2)).toEqual([expect.stringMatching(/^ {6}0 /), expect.stringMatching(/^Interrupted; /), ""]);
    const resumed = await captureCli(["train", "--resume", out], { columns: 80 });
    expect(resumed.status).toBe(0);
    const rows = render(resumed.stdout).slice(0, 4);
    expect(rows.slice(0, 3)).toEqual(lines.slice(0, 3));
    expect(rows[3]).toMatch(/^ {6}1 /);
  });

  test("refuses what is no log, and two that differ", async () => {
    for (const [typed, message] of [
      [["--log", "lives"], 'unknown log "lives", did you mean live?'],
      [["--log", "live", "--json"], "--json cannot be used with --log live"],
      [["--log", "json", "--quiet"], "--quiet cannot be used with --log json"],
      [["--json", "--quiet"], "--quiet cannot be used with --json"],
      [["--log", "none", "--worker-bars"], "--worker-bars shows progress bars and cannot be used with --log none"],
    ] as const) {
      expect(await captureCli(["train", ...typed])).toEqual({ status: 2, stdout: "", stderr: `${message}\n` });
    }
  });
});
