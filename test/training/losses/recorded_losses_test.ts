import { describe, expect, test } from "bun:test";
import type { HostTensor } from "../../../src/core/host_tensor.ts";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import type { Criterion } from "../../../src/training/losses/criterion.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { FocalLoss } from "../../../src/training/losses/focal_loss.ts";
import { HuberLoss, MSELoss } from "../../../src/training/losses/regression_losses.ts";
import { computeLossesSlowly, computeOutputGradient } from "../../engine/slow_objectives.ts";
import { createOutput, measureDifference } from "../../methods/shared/slow_losses.ts";
import { RECORDED, RECORDED_LABELS, RECORDED_OUTPUTS, RECORDED_VALUES, RECORDED_Y } from "./recorded_losses.ts";

const [labels, values] = [createOutput(RECORDED_LABELS), createOutput(RECORDED_VALUES)];
const classWeights = [0.5, 2, 1, 3.25];

const members: readonly (readonly [name: keyof typeof RECORDED, Criterion, HostTensor | undefined])[] = [
  ["weighted", new CrossEntropyLoss({ classWeights }), undefined],
  ["weightedSmoothed", new CrossEntropyLoss({ classWeights, labelSmoothing: 0.2 }), undefined],
  ["posWeight", new BCEWithLogitsLoss({ posWeight: [4, 0.5, 1, 2.25] }), labels],
  ["huber", new HuberLoss({ delta: 0.75 }), values],
  ["mse", new MSELoss(), values],
  ["sigmoidFocal", new FocalLoss({ alpha: 0.25, gamma: 2 }), labels],
  ["sigmoidFocalPlain", new FocalLoss({ gamma: 1.5 }), labels],
  ["softmaxFocal", new FocalLoss({ alpha: [1, 0.25, 0.5, 2] }), undefined],
];

describe("criteria against PyTorch", () => {
  const output = createOutput(RECORDED_OUTPUTS);
  const y = Int32Array.from(RECORDED_Y);

  for (const [name, criterion, numbers] of members) {
    test(`evaluate() gives the recorded loss and gradient of ${name}`, async () => {
      const { loss, dOutput } = await criterion.evaluate(output, y, numbers);
      expect(Math.abs(loss - RECORDED[name].loss)).toBeLessThan(1e-6);
      expect(measureDifference(dOutput, RECORDED[name].gradient)).toBeLessThan(1e-7);
    });

    test(`createObjective() has engines minimise the recorded loss of ${name}`, () => {
      const writer = criterion.createObjective?.(y, 4, numbers);
      if (!writer) throw new Error("there is no objective");
      const [targets, weights, elementWeights] = [new Float32Array(20), new Float32Array(5), new Float32Array(20)];
      writer.write(targets, weights);
      writer.writeElementWeights?.(elementWeights);
      const { kind, constant = 0 } = writer;
      const objective = { kind, constant, targets, weights, ...(writer.writeElementWeights ? { elementWeights } : {}) };
      const losses = computeLossesSlowly(objective, output.data);
      const loss = losses.reduce((sum, own, row) => sum + own * (weights[row] ?? 0), 0);
      expect(Math.abs(loss - RECORDED[name].loss)).toBeLessThan(1e-6);
      const gradient = computeOutputGradient(objective, output.data);
      expect(measureDifference(gradient, RECORDED[name].gradient)).toBeLessThan(1e-6);
    });
  }
});
