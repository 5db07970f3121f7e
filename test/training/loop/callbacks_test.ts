import { describe, expect, test } from "bun:test";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { assertKnownCallbacks, EVAL_CALLBACKS, TRAINING_CALLBACKS } from "../../../src/training/loop/callbacks.ts";
import { makeOptions } from "./made_strategy.ts";

describe("assertKnownCallbacks()", () => {
  test("refuses a method that nobody would call, in Avalanche's spelling, too, with the callback that is meant", () => {
    class Late {
      afterTrainIteration(): void {}
    }
    class Later extends Late {
      afterTrainingExp(): void {}
    }
    const assert = (plugin: object) => () => assertKnownCallbacks(plugin, "Mine");
    expect(assert(new Later())).toThrow(
      /^Mine: unknown callback "afterTrainIteration", did you mean afterTrainingIteration/,
    );
    expect(assert({ before_training_exp() {} })).toThrow("did you mean beforeTrainingExp?");
    expect(assert({ beforeLunch: () => 1 })).toThrow('unknown callback "beforeLunch"');
    expect(() => new Naive({ ...makeOptions(), plugins: [new Later()] })).toThrow(
      'Later: unknown callback "afterTrainIteration"',
    );
  });

  test("lets all callbacks pass, and what is no method or begins otherwise", () => {
    const names = [...TRAINING_CALLBACKS, ...EVAL_CALLBACKS, "afterModelGrowth", "aftermath", "before", "trainAfter"];
    const methods = Object.fromEntries(names.map((name) => [name, () => undefined]));
    expect(() => assertKnownCallbacks({ ...methods, beforeSize: 3 }, "Mine")).not.toThrow();
  });
});
