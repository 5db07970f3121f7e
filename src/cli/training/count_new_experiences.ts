import { z } from "zod";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { RunSummary } from "../../runs/summary/run_summary.ts";
import { findExperienceFolders } from "../../streams/benchmarks/directory/find_experience_folders.ts";
import type { TrainConfig } from "./config/train_config.ts";

const directoryOptions = z.looseObject({
  path: z.string().optional(),
  more: z.array(z.string()).optional(),
  testSize: z.number().optional(),
  scenario: z.literal("folders").optional(),
});

/**
 * How many experiences have come into the folder of a run's data since it was trained: 0 where it reads no folder of
 * experiences, or the folder cannot be read.
 */
export async function countNewExperiences(
  { benchmark, data, experienceNames }: TrainConfig,
  { experiences }: Pick<RunSummary<unknown>, "experiences">,
): Promise<number> {
  const options = directoryOptions.safeParse(benchmark.options).data;
  const path = options?.path ?? data;
  const tested = experiences.at(-1)?.testAccuracy.length;
  if (benchmark.name !== "directory" || !options || path === null || tested === undefined) return 0;
  try {
    const { names, isUndivided } = await findExperienceFolders({ path, ...omitUndefined(options) });
    if (isUndivided) return 0;
    return experienceNames
      ? names.filter((name) => !experienceNames.includes(name)).length
      : Math.max(0, names.length - tested);
  } catch {
    return 0;
  }
}
