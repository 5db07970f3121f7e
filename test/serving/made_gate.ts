import { copyToSharedFloat32, copyToSharedInt32 } from "../../src/core/shared/shared_memory.ts";
import type { GateSet } from "../../src/serving/gate/gate_set.ts";
import { FEATURES } from "./made_models.ts";

/** Held samples of three experiences: those of experience e are of class e, and made models answer them rightly. */
export function makeGateSets(rows = 10): readonly GateSet[] {
  return [0, 1, 2].map((experience) => {
    const samples = new Float32Array(rows * FEATURES);
    for (let row = 0; row < rows; row++) samples[row * FEATURES + experience] = 1 + row;
    const targets = new Int32Array(rows).fill(experience);
    return { experience, rows, samples: copyToSharedFloat32(samples), targets: copyToSharedInt32(targets) };
  });
}
