import { z } from "zod";
import { directoryBenchmark } from "../../streams/directory_benchmark.ts";
import type { Benchmark } from "../../streams/experience.ts";
import { permutedMNIST } from "../../streams/permuted_mnist.ts";
import { rotatedMNIST } from "../../streams/rotated_mnist.ts";
import { splitCIFAR10, splitCIFAR100 } from "../../streams/split_cifar.ts";
import { VALIDATION_SPLITS } from "../../streams/split_experience.ts";
import { splitFashionMNIST, splitMNIST } from "../../streams/split_mnist.ts";
import { CliError } from "../cli_error.ts";
import { defineFactory, type Registry } from "../named_factory.ts";

/** What a benchmark is made with beside its own options. */
export interface BenchmarkContext {
  /** Seeds the benchmark where its own seed is left out. */
  readonly seed: number;
  /** Folder with the data set's files; undefined: the installed package. */
  readonly data: string | undefined;
}

/** Options that every benchmark has. */
const streams = {
  seed: z.int().min(0).optional().describe("seeds class order, permutations and splits; the run's seed if left out"),
  taskLabels: z.boolean().default(false).describe("gives every experience a task label of its own"),
  experienceSize: z
    .int()
    .min(1)
    .optional()
    .describe("cuts experiences into ones of so many samples (data-incremental)"),
  validationSize: z.number().min(0).lt(1).default(0).describe("share of each experience kept for the stream valid"),
  validationSplit: z.enum(VALIDATION_SPLITS).default("class-balanced").describe("how that share is drawn"),
  examplesPerExperience: z.int().min(1).optional().describe("keeps that many random samples of each experience"),
  onlineExperienceSize: z.int().min(1).optional().describe("trains on small experiences of so many samples, in order"),
  decayBeta: z
    .number()
    .min(1)
    .optional()
    .describe("small experiences pass from one experience to the next over 2/decayBeta of their length"),
};

/** Options that every benchmark on MNIST's format has. */
const common = {
  ...streams,
  normalize: z.boolean().default(true).describe("subtracts the data set's mean and divides by its deviation"),
};

const split = createSplitOptions({ numClasses: 10, experiences: 5 });

const permuted = z.strictObject({
  experiences: z.int().min(1).default(10).describe("how many permutations of the pixels there are"),
  ...common,
});

const rotated = z.strictObject({
  experiences: z.int().min(1).optional().describe("how many angles there are; 10, or as many as rotations"),
  rotations: z
    .array(z.int().min(-180).max(180))
    .optional()
    .describe("degrees counter-clockwise, one an experience; random if left out"),
  ...common,
});

const directory = z.strictObject({
  path: z
    .string()
    .optional()
    .describe("folder with train/EXPERIENCE and test/EXPERIENCE, or EXPERIENCE; or give --data"),
  testSize: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("share of each class kept for testing; 0.2 where no test part is"),
  labelColumn: z.string().default("label").describe("the column of CSV files that holds the class"),
  imageSize: z
    .array(z.int().min(1))
    .min(1)
    .max(2)
    .optional()
    .describe("height and width that images are brought to, one number for both"),
  scenario: z
    .enum(["folders", "class-incremental", "new-instances"])
    .default("folders")
    .describe("an experience a folder, or all samples dealt anew, by class or by sample"),
  experiences: z.int().min(1).optional().describe("how many experiences are dealt to; 5 if left out"),
  classOrder: z.array(z.int().min(0)).optional().describe("where classes are dealt: every class once, in that order"),
  mean: z.array(z.number()).optional().describe("subtracted from every value, bytes being divided by 255 before"),
  std: z.array(z.number().gt(0)).optional().describe("what the result is divided by"),
  ...streams,
});

/** The benchmarks there are, the default first. */
export const BENCHMARKS: Registry<BenchmarkContext, Promise<Benchmark>> = {
  kind: "benchmark",
  factories: [
    defineFactory({
      name: "split-mnist",
      summary: "MNIST's classes in turn (class-incremental)",
      options: split,
      create: (options, context: BenchmarkContext) => splitMNIST(complete(options, context)),
    }),
    defineFactory({
      name: "permuted-mnist",
      summary: "all of MNIST, its pixels in another order each time (domain-incremental)",
      options: permuted,
      create: (options, context: BenchmarkContext) => permutedMNIST(complete(options, context)),
    }),
    defineFactory({
      name: "rotated-mnist",
      summary: "all of MNIST, turned by another angle each time (domain-incremental)",
      options: rotated,
      create: (options, context: BenchmarkContext) => rotatedMNIST(complete(options, context)),
    }),
    defineFactory({
      name: "split-fashion-mnist",
      summary: "Fashion-MNIST's classes in turn (class-incremental)",
      options: split,
      create: (options, context: BenchmarkContext) => splitFashionMNIST(complete(options, context)),
    }),
    defineFactory({
      name: "split-cifar10",
      summary: "CIFAR-10's classes in turn (class-incremental); --data is the folder with its binary files",
      options: split,
      create: (options, context: BenchmarkContext) => splitCIFAR10(complete(options, context)),
    }),
    defineFactory({
      name: "split-cifar100",
      summary: "CIFAR-100's fine classes in turn (class-incremental); --data is the folder with its binary files",
      options: createSplitOptions({ numClasses: 100, experiences: 10 }),
      create: (options, context: BenchmarkContext) => splitCIFAR100(complete(options, context)),
    }),
    defineFactory({
      name: "directory",
      summary: "your own files: a folder an experience, with .npy, .npz, CSV or images in a folder a class",
      options: directory,
      create: async ({ imageSize, ...options }, context: BenchmarkContext) => {
        const { folder, ...rest } = complete(options, context);
        const path = options.path ?? folder;
        if (path === undefined)
          throw new CliError("Cannot use the benchmark directory: wanted path (or --data), got neither");
        const [height, width = height] = imageSize ?? [];
        const size = height !== undefined && width !== undefined ? { height, width } : undefined;
        return directoryBenchmark({ ...rest, path, imageSize: size });
      },
    }),
  ],
};

function createSplitOptions({ numClasses, experiences }: { numClasses: number; experiences: number }) {
  const order = z.array(
    z
      .int()
      .min(0)
      .max(numClasses - 1),
  );
  return z.strictObject({
    experiences: z
      .int()
      .min(1)
      .max(numClasses)
      .default(experiences)
      .describe(`how many experiences the ${numClasses} classes are dealt to`),
    classOrder: order.optional().describe("every class once, in the order in which they come"),
    scenario: z
      .enum(["class-incremental", "new-instances"])
      .default("class-incremental")
      .describe("deals classes or samples"),
    ...common,
  });
}

function complete<Options extends { seed?: number | undefined }>(options: Options, { seed, data }: BenchmarkContext) {
  return { ...options, seed: options.seed ?? seed, folder: data };
}
