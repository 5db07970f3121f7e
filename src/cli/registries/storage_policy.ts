import type { ExemplarsBuffer } from "../../memory/exemplars_buffer.ts";

/** Makes a buffer by the name of what it keeps. */
export async function createStoragePolicy(
  name: "experience-balanced" | "class-balanced" | "reservoir",
  maxSize: number,
): Promise<ExemplarsBuffer> {
  switch (name) {
    case "experience-balanced": {
      const { ExperienceBalancedBuffer } = await import("../../memory/experience_balanced_buffer.ts");
      return new ExperienceBalancedBuffer({ maxSize });
    }
    case "class-balanced": {
      const { ClassBalancedBuffer } = await import("../../memory/class_balanced_buffer.ts");
      return new ClassBalancedBuffer({ maxSize });
    }
    case "reservoir": {
      const { ReservoirSamplingBuffer } = await import("../../memory/reservoir_sampling_buffer.ts");
      return new ReservoirSamplingBuffer({ maxSize });
    }
  }
}
