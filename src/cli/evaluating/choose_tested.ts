import { z } from "zod";
import { describeValue } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { NamedChoice } from "../../runs/run_config.ts";
import { listSources } from "../../streams/benchmark.ts";
import { findExperienceFolders } from "../../streams/benchmarks/directory/find_experience_folders.ts";
import type { Benchmark } from "../../streams/experience.ts";

/** Which samples of a benchmark an exported file is tested on, and why. */
export interface TestedSamples {
  /** True where all samples of a folder are tested, none is kept for training. */
  readonly testsAll: boolean;
  /** In words: "all 200 samples, as testSize=0 says". */
  describe(benchmark: Benchmark): string;
}

/** What is known before the benchmark is made. */
export interface TestContext {
  /** Folder with the data, where the benchmark names none. */
  readonly data: string | undefined;
  /** Names of the experiences that the model has learnt; undefined where the file does not say. */
  readonly trained: readonly string[] | undefined;
}

const directoryOptions = z.looseObject({
  path: z.string().optional(),
  more: z.array(z.string()).optional(),
  testPath: z.string().optional(),
  testSize: z.number().optional(),
});

/**
 * Decides which samples are tested. A folder without "test" is tested on the share that a run keeps for testing; on all
 * of it where testSize is 0, or where the model has learnt none of its experiences.
 * @throws {RefusalError} If the folder cannot be read, or is arranged otherwise.
 */
export async function chooseTested({ name, options }: NamedChoice, context: TestContext): Promise<TestedSamples> {
  const { path = context.data, testSize, testPath, more } = directoryOptions.parse(options);
  if (name !== "directory" || path === undefined) return testStream(`of the test data of ${name}`);
  const folders = await findExperienceFolders({ path, ...omitUndefined({ testSize, testPath, more }) });
  if (folders.parts.length === 2) return testStream(testPath === undefined ? 'in the folder "test"' : `in ${testPath}`);
  if (testSize === 0) return everything("as testSize=0 says");
  const { trained } = context;
  const isNew = trained && !folders.isUndivided && !folders.names.some((known) => trained.includes(known));
  if (testSize === undefined && isNew) {
    return everything(`as the model has learnt none of the experiences ${describeValue(folders.names)}`);
  }
  const share = `testSize=${testSize ?? 0.2} of each class, which a run keeps for testing; testSize=0 tests all`;
  return {
    testsAll: false,
    describe: (benchmark) => `${count(benchmark)} of ${countRows(benchmark)} samples: ${share}`,
  };
}

function testStream(where: string): TestedSamples {
  return { testsAll: false, describe: (benchmark) => `all ${count(benchmark)} samples ${where}` };
}

function everything(why: string): TestedSamples {
  return { testsAll: true, describe: (benchmark) => `all ${count(benchmark)} samples, ${why}` };
}

/** Samples of the test stream. */
function count({ testStream }: Benchmark): number {
  return [...testStream].reduce((sum, { dataset }) => sum + dataset.length, 0);
}

/** Samples that the folder holds. */
function countRows(benchmark: Benchmark): number {
  return [...listSources(benchmark)].reduce((sum, { y }) => sum + y.length, 0);
}
