import type { ExemplarsBuffer } from "../../memory/buffers/exemplars_buffer.ts";

/** The buffers that a method may keep its samples in. */
export const STORAGE_POLICIES = [
  "experience-balanced",
  "class-balanced",
  "reservoir",
  "herding",
  "closest-to-center",
] as const;

/** Makes a buffer by the name of what it keeps; the last two keep equal parts of every class. */
export async function createStoragePolicy(
  name: (typeof STORAGE_POLICIES)[number],
  maxSize: number,
): Promise<ExemplarsBuffer> {
  switch (name) {
    case "experience-balanced": {
      const { ExperienceBalancedBuffer } = await import("../../memory/buffers/experience_balanced_buffer.ts");
      return new ExperienceBalancedBuffer({ maxSize });
    }
    case "class-balanced": {
      const { ClassBalancedBuffer } = await import("../../memory/buffers/class_balanced_buffer.ts");
      return new ClassBalancedBuffer({ maxSize });
    }
    case "reservoir": {
      const { ReservoirSamplingBuffer } = await import("../../memory/buffers/reservoir_sampling_buffer.ts");
      return new ReservoirSamplingBuffer({ maxSize });
    }
    case "herding": {
      const { HerdingSelectionStrategy: Selection } = await import("../../memory/selection/selection_strategy.ts");
      const { ParametricBuffer } = await import("../../memory/buffers/parametric_buffer.ts");
      return new ParametricBuffer({ maxSize, groupBy: "class", selectionStrategy: new Selection() });
    }
    case "closest-to-center": {
      const { ClosestToCenterSelectionStrategy: Selection } = await import(
        "../../memory/selection/selection_strategy.ts"
      );
      const { ParametricBuffer } = await import("../../memory/buffers/parametric_buffer.ts");
      return new ParametricBuffer({ maxSize, groupBy: "class", selectionStrategy: new Selection() });
    }
  }
}
