import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import {
  InteractiveLogger,
  type InteractiveLoggerOptions,
} from "../../../src/evaluation/loggers/interactive_logger.ts";
import { TextLogger } from "../../../src/evaluation/loggers/text_logger.ts";
import { lossMetrics } from "../../../src/evaluation/metrics/loss/loss.ts";
import { FakeStrategy } from "../fake_strategy.ts";
import { createPlainStream } from "../fake_stream.ts";

const eraseLine = "\r\x1b[2K";

/** A sink, and a clock that goes on by `stepMs` whenever it is read. */
function createScreen({ stepMs = 0 }: { stepMs?: number } = {}) {
  const parts: string[] = [];
  let nowMs = 0;
  const now = () => {
    nowMs += stepMs;
    return nowMs;
  };
  return { parts, now, stream: { write: (text: string) => parts.push(text), columns: 100 } };
}

function run(
  options: InteractiveLoggerOptions,
  { batches, inTheMiddle, epochs = 1 }: { batches: number[]; inTheMiddle?: boolean; epochs?: number },
) {
  const metrics = lossMetrics({ epoch: true, experience: true });
  const evaluator = new EvaluationPlugin({ metrics, loggers: [new InteractiveLogger(options)] });
  const strategy = new FakeStrategy(evaluator);
  const tested = [createPlainStream("test", 1).at(0)];
  strategy.train([createPlainStream("train", 1).at(0)], {
    batches,
    epochs,
    ...(inTheMiddle ? { evalEveryIteration: tested } : {}),
  });
  if (!inTheMiddle) strategy.eval(tested);
}

/** What a terminal shows in the end: "\r\x1b[2K" empties the line that is being written. */
function render(parts: readonly string[]): string[] {
  const lines = [""];
  for (const piece of parts
    .join("")
    .replaceAll(eraseLine, "<erase>")
    .split(/(\n|<erase>)/)) {
    if (piece === "\n") lines.push("");
    else lines[lines.length - 1] = piece === "<erase>" ? "" : lines[lines.length - 1] + piece;
  }
  return lines;
}

describe("InteractiveLogger", () => {
  test("writes a text logger's lines and no control character, when it is no terminal", () => {
    const screen = createScreen();
    run({ stream: screen.stream }, { batches: [1, 1] });
    const lines: string[] = [];
    const metrics = lossMetrics({ epoch: true, experience: true });
    const text = new TextLogger({ write: (part) => lines.push(part) });
    const strategy = new FakeStrategy(new EvaluationPlugin({ metrics, loggers: [text] }));
    strategy.train([createPlainStream("train", 1).at(0)], { batches: [1, 1] });
    strategy.eval([createPlainStream("test", 1).at(0)]);
    expect(screen.parts.join("")).toBe(lines.join(""));
    expect(/[^\P{Cc}\n\t]/u.test(screen.parts.join(""))).toBe(false);
  });

  test("leaves a finished bar above the metrics of each epoch and evaluated experience, on a terminal", () => {
    const screen = createScreen({ stepMs: 500 });
    run({ stream: screen.stream, isTerminal: true, now: screen.now }, { batches: [1, 1] });
    const shown = render(screen.parts);
    expect(shown[2]).toMatch(/^Epoch 1\/1 \[#{20}\] 2\/2 {2}1\.33 it\/s {2}0:00 left {2}loss 0\.\d{4}$/);
    expect(shown[3]).toBe("Epoch 0 ended.");
    expect(shown[8]).toMatch(/^Evaluation \[#{20}\] 2\/2 /);
    expect(shown[9]).toBe("> Evaluated experience 0 (task 0) of the test stream.");
  });

  test("draws a bar at most ten times a second, and once more when it ends", () => {
    const screen = createScreen({ stepMs: 10 });
    run({ stream: screen.stream, isTerminal: true, now: screen.now }, { batches: new Array<number>(95).fill(1) });
    // The clock is read once at the start and once an iteration: 96 × 10 ms, so drawn at 20, 120 … 920 ms.
    expect(screen.parts.filter((part) => part.startsWith(`${eraseLine}Epoch`)).length).toBe(10 + 1);
  });

  test("begins every epoch's bar at the first minibatch", () => {
    const screen = createScreen({ stepMs: 500 });
    const bars = { stream: screen.stream, isTerminal: true, now: screen.now };
    run(bars, { batches: [1, 1, 1, 1], epochs: 2 });
    const drawn = screen.parts.flatMap(
      (part) => /Epoch (\d)\/2 \[(#*)-*\] (\d)\/4.*? (\d:\d\d) left/.exec(part)?.slice(1).join(" ") ?? [],
    );
    const epoch = (number: number) =>
      ["##### 1 0:02", "########## 2 0:01", "############### 3 0:01", "#################### 4 0:00"].map(
        (bar) => `${number} ${bar}`,
      );
    expect(drawn.filter((bar, i) => bar !== drawn[i - 1])).toEqual([...epoch(1), ...epoch(2)]);
  });

  test("takes the bar out of the way of lines, when an evaluation comes in the middle of an epoch", () => {
    const screen = createScreen({ stepMs: 500 });
    run({ stream: screen.stream, isTerminal: true, now: screen.now }, { batches: [1, 1], inTheMiddle: true });
    const shown = render(screen.parts);
    expect(shown.filter((line) => line.startsWith("Epoch 1/1"))).toEqual([expect.stringContaining("2/2")]);
    expect(shown.filter((line) => line.startsWith("Evaluation ["))).toHaveLength(2);
    for (const line of shown) expect(line).not.toMatch(/loss.*--/);
  });

  test("draws the bar of an epoch that a resumed run goes on with, from where it stood", () => {
    const screen = createScreen({ stepMs: 500 });
    const logger = new InteractiveLogger({ stream: screen.stream, isTerminal: true, now: screen.now });
    const strategy = new FakeStrategy({});
    strategy.clock.trainEpochIterations = 3;
    strategy.iterationsPerEpoch = 5;
    logger.afterTrainingIteration(strategy);
    logger.afterTrainingIteration(strategy);
    logger.afterTrainingEpoch(strategy);
    expect(render(screen.parts)[0]).toMatch(/^Epoch 1\/1 \[#{20}\] 5\/5 {2}1\.33 it\/s {2}0:00 left /);
  });

  test("cuts a bar to the width of the terminal", () => {
    const screen = createScreen({ stepMs: 500 });
    const stream = { ...screen.stream, columns: 30 };
    run({ stream, isTerminal: true, now: screen.now }, { batches: [1] });
    const bars = screen.parts.filter((part) => part.startsWith(eraseLine)).map((part) => part.slice(eraseLine.length));
    expect(Math.max(...bars.map((bar) => bar.length))).toBe(29);
  });
});
