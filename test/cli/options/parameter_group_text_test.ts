import { describe, expect, test } from "bun:test";
import { createNamed, resolveNamed } from "../../../src/cli/options/named_factory.ts";
import { formatNamed } from "../../../src/cli/options/parse_named.ts";
import { OPTIMIZERS } from "../../../src/cli/registries/optimizers.ts";

const make = (typed: string) => createNamed(OPTIMIZERS, resolveNamed(OPTIMIZERS, typed), undefined);

/** What the groups of an optimizer are that is typed so. */
function readGroups(typed: string) {
  return (make(typed).groups ?? []).map(({ parameters, learningRate, spec }) => ({
    ...spec,
    parameters,
    learningRate,
  }));
}

describe("--optimizer NAME:groups=…", () => {
  test("gives every optimizer groups of parameters", () => {
    expect(readGroups("sgd:momentum=0.9,groups=features*:learningRate=0.001;weightDecay=0.5|head:momentum=0")).toEqual([
      {
        kind: "sgd",
        parameters: ["features*"],
        learningRate: 0.001,
        momentum: 0.9,
        dampening: 0,
        weightDecay: 0.5,
        nesterov: false,
      },
      {
        kind: "sgd",
        parameters: ["head"],
        learningRate: 0.01,
        momentum: 0,
        dampening: 0,
        weightDecay: 0,
        nesterov: false,
      },
    ]);
    for (const name of ["adam", "adamw", "rmsprop", "adagrad"]) {
      const [group] = readGroups(`${name}:groups=head:learningRate=0.5;weightDecay=0.25`);
      expect(group).toMatchObject({ parameters: ["head"], learningRate: 0.5, weightDecay: 0.25 });
    }
  });

  test("takes factors of the learning rate, and when a group is held still", () => {
    const typed =
      "sgd:learningRate=0.5,groups=a*:learningRateFactor=0.1;frozenExperiences=1|b:frozenEpochs=2;trainedExperiences=3";
    const [first, second] = make(typed).groups ?? [];
    expect(first).toMatchObject({ learningRate: 0.05, schedule: { frozenExperiences: 1 } });
    expect(second).toMatchObject({ learningRate: 0.5, schedule: { frozenEpochs: 2, trainedExperiences: 3 } });
    expect(() => make("sgd:groups=a:frozenEpochs=soon")).toThrow(
      'sgd: groups[0]: frozenEpochs must be a whole number of at least 1, got "soon"',
    );
  });

  test("takes quoted groups, and regular expressions with colons", () => {
    const [first, second] = readGroups('adam:groups="a/(?:k|b)/:learningRate=0,beta1=0.5"|"/^(?:x|y)/:epsilon=0.1"');
    expect(first).toMatchObject({ parameters: ["a/(?:k|b)/"], learningRate: 0, beta1: 0.5 });
    expect(second).toMatchObject({ parameters: ["/^(?:x|y)/"], epsilon: 0.1 });
  });

  test("is typed again as it was resolved", () => {
    const typed = 'sgd:learningRate=0.1,groups="a|b:learningRate=1"|c:momentum=0.5;nesterov=true';
    const resolved = resolveNamed(OPTIMIZERS, typed);
    expect(resolveNamed(OPTIMIZERS, formatNamed(resolved))).toEqual(resolved);
    expect(resolved.options.groups).toEqual(["a|b:learningRate=1", "c:momentum=0.5;nesterov=true"]);
  });

  test("refuses a group of another form, an unknown option, and a value out of range", () => {
    expect(() => make("sgd:groups=head")).toThrow('sgd: groups[0] must be PATTERN:key=value;key=value, got "head"');
    expect(() => make("sgd:groups=head:momentum=0;decay")).toThrow('sgd: groups[0]: expected key=value, got "decay"');
    expect(() => make("sgd:groups=a:momentum=0|head:rate=1")).toThrow('sgd: groups[1]: unknown option "rate"');
    expect(() => make("adam:groups=head:beta1=0.5x")).toThrow("adam: groups[0]: beta1 must be a number");
    expect(() => make("adam:groups=head:learningRate=-1")).toThrow(
      "groups[0]: learningRate must be at least 0, got -1",
    );
  });
});
