import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { InteractiveLogger } from "../../../src/evaluation/loggers/interactive_logger.ts";
import { ReplicaBars } from "../../../src/evaluation/loggers/replica_bars.ts";
import { FakeStrategy } from "../fake_strategy.ts";
import { createPlainStream } from "../fake_stream.ts";

/** What a terminal of endless length shows in the end. */
function render(text: string): string[] {
  const lines = [""];
  let row = 0;
  let column = 0;
  const pieces = text.replaceAll("\x1b[", "<").split(/(\r|\n|<J|<2K|<\d+A)/);
  for (const piece of pieces) {
    const up = /^<(\d+)A$/.exec(piece)?.[1];
    const line = lines[row] ?? "";
    if (piece === "\r") column = 0;
    else if (piece === "\n") {
      row += 1;
      column = 0;
      if (row === lines.length) lines.push("");
    } else if (piece === "<J") lines.splice(row, lines.length, line.slice(0, column));
    else if (piece === "<2K") lines[row] = "";
    else if (up !== undefined) row -= Number(up);
    else {
      lines[row] = line.slice(0, column) + piece + line.slice(column + piece.length);
      column += piece.length;
    }
  }
  return lines;
}

describe("ReplicaBars", () => {
  test("format() says what each replica has done and about what is left to it", () => {
    let nowMs = 0;
    const bars = new ReplicaBars({ total: 10, done: 2, now: () => nowMs });
    nowMs = 2000;
    for (let i = 0; i < 4; i++) bars.add([64, 32, 0]);
    expect(bars.format(200)).toEqual([
      "  replica 0 [##########----------] 256/512 samples  128 samples/s  0:02 left",
      "  replica 1 [##########----------] 128/256 samples  64 samples/s  0:02 left",
      "  replica 2 [####################] 0/0 samples  ",
    ]);
    expect(bars.format(20).map((line) => line.length)).toEqual([20, 20, 20]);
  });
});

describe("InteractiveLogger with perReplica", () => {
  test("draws a bar a replica below the epoch's, and leaves all of them above the lines that follow", () => {
    let text = "";
    let nowMs = 0;
    const now = () => {
      nowMs += 150;
      return nowMs;
    };
    const stream = { write: (part: string) => (text += part), columns: 100 };
    const logger = new InteractiveLogger({ stream, isTerminal: true, now, perReplica: true });
    const strategy = new FakeStrategy(new EvaluationPlugin({ metrics: [], loggers: [logger] }));
    Object.assign(strategy, { cluster: { countRows: () => [2, 1] } });
    const tested = [createPlainStream("test", 1).at(0)];
    strategy.train([createPlainStream("train", 1).at(0)], { batches: [3, 3], evalEveryIteration: tested });
    const shown = render(text);
    const lines = shown.map((line) => line.split(" [")[0]?.trim());
    const start = lines.lastIndexOf("Epoch 1/1");
    expect(lines.slice(start, start + 4)).toEqual(["Epoch 1/1", "replica 0", "replica 1", "Epoch 0 ended."]);
    expect(shown[start]).toContain("2/2");
    expect(shown[start + 1]).toContain("4/4 samples");
    expect(shown[start + 2]).toContain("2/2 samples");
    expect(lines.filter((line) => line === "Evaluation").length).toBe(2);
    for (const line of shown) expect(line).not.toMatch(/^[^ ].* left$/);
    // Bars that were drawn in the middle of the epoch are gone.
    expect(lines.filter((line) => line === "Epoch 1/1").length).toBe(1);
    expect(lines.filter((line) => line === "replica 0").length).toBe(3);
  });
});
