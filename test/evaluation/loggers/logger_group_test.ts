import { describe, expect, test } from "bun:test";
import type { SavedState } from "../../../src/core/saved_state.ts";
import type { Logger } from "../../../src/evaluation/loggers/logger.ts";
import { LoggerGroup } from "../../../src/evaluation/loggers/logger_group.ts";
import { FakeStrategy } from "../fake_strategy.ts";

const strategy = new FakeStrategy({});

/** Counts what it hears, and keeps the count. */
class KeptLogger implements Logger {
  heard = 0;

  logMetrics(): void {}

  beforeEval(): void {
    this.heard += 1;
  }

  saveState(): SavedState {
    return this.heard;
  }

  restoreState(saved: SavedState | undefined): void {
    if (saved === 13) throw new RangeError("its file is gone");
    this.heard = typeof saved === "number" ? saved : 0;
  }
}

/** Counts what it hears, for whoever looks at it now. */
class PassingLogger implements Logger {
  heard = 0;

  logMetrics(): void {}

  beforeEval(): void {
    this.heard += 1;
  }
}

function makeGroup(loggers: readonly Logger[]) {
  const lines: string[] = [];
  const group = new LoggerGroup(loggers, (line) => lines.push(line));
  return { group, lines, tell: () => group.notify("beforeEval", strategy, []) };
}

describe("LoggerGroup", () => {
  test("restore() gives each logger what the one of its class and place saved, undefined where there is nothing", () => {
    const [first, second, third] = [new KeptLogger(), new KeptLogger(), new KeptLogger()];
    first.heard = 1;
    second.heard = 2;
    const states = makeGroup([new PassingLogger(), first, second]).group.save();
    expect(states).toEqual([
      { name: "KeptLogger", state: 1 },
      { name: "KeptLogger", state: 2 },
    ]);
    const later = [new KeptLogger(), new KeptLogger(), third];
    third.heard = 7;
    makeGroup([...later, new PassingLogger()]).group.restore([{ name: "OtherLogger", state: 5 }, ...states]);
    expect(later.map(({ heard }) => heard)).toEqual([1, 2, 0]);
  });

  test("tells only loggers that cannot be restored, while it repeats", () => {
    const [kept, passing] = [new KeptLogger(), new PassingLogger()];
    const { group, tell } = makeGroup([kept, passing]);
    group.isRepeating = true;
    tell();
    group.isRepeating = false;
    tell();
    expect([kept.heard, passing.heard]).toEqual([1, 2]);
  });

  test("leaves out a logger that cannot be restored after all, with one line", () => {
    const [lost, other] = [new KeptLogger(), new PassingLogger()];
    const { group, lines, tell } = makeGroup([lost, other]);
    group.restore([{ name: "KeptLogger", state: 13 }]);
    tell();
    expect(lines).toEqual(["KeptLogger failed and logs no more: RangeError: its file is gone"]);
    expect([lost.heard, other.heard]).toEqual([0, 1]);
  });
});
