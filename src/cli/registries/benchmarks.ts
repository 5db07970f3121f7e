import { describeValue } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { Augmentation } from "../../data/transforms/augmentation.ts";
import type { ClassesPerExperience } from "../../streams/benchmarks/class_counts.ts";
import { directoryBenchmark } from "../../streams/benchmarks/directory/directory_benchmark.ts";
import { permutedMNIST } from "../../streams/benchmarks/permuted_mnist.ts";
import { rotatedMNIST } from "../../streams/benchmarks/rotated_mnist.ts";
import { splitCIFAR10, splitCIFAR100 } from "../../streams/benchmarks/split_cifar.ts";
import { splitFashionMNIST, splitMNIST } from "../../streams/benchmarks/split_mnist.ts";
import type { Benchmark } from "../../streams/experience.ts";
import { CliError } from "../cli_error.ts";
import { parseImageTransforms } from "../options/image_transform_text.ts";
import { defineFactory, type Registry } from "../options/named_factory.ts";
import { createSplitOptions, directory, permuted, rotated } from "./benchmark_options.ts";

/** What a benchmark is made with beside its own options. */
export interface BenchmarkContext {
  /** Seeds the benchmark where its own seed is left out. */
  readonly seed: number;
  /** Folder with the data set's files; undefined: the installed package. */
  readonly data: string | undefined;
  /** The label of each class id, where it is settled already: by the run that goes on, or by an exported file. */
  readonly classNames?: readonly string[] | undefined;
  /** The names of the numbers to predict, where they are settled already. */
  readonly targetNames?: readonly string[] | undefined;
  /** The folders of experiences, where they are settled already. */
  readonly experienceNames?: readonly string[] | undefined;
  /** True adds other folders behind them. */
  readonly addExperiences?: boolean | undefined;
  /** True where nothing is trained, and all samples of a folder are tested. */
  readonly testsAll?: boolean | undefined;
  /** The columns of a table, where an exported file has settled their order. */
  readonly featureNames?: readonly string[] | undefined;
  /** The most bytes of samples that are in memory at a time. */
  readonly cacheBytes?: number | undefined;
  /** True where data may have come with other classes: they get the ids that follow. */
  readonly addClasses?: boolean | undefined;
}

const split = createSplitOptions({ numClasses: 10, experiences: 5, augment: ["none"] });

/** The benchmarks there are, the default first. */
export const BENCHMARKS: Registry<BenchmarkContext, Promise<Benchmark>> = {
  kind: "benchmark",
  elsewhere: { standardize: "it is an option of the model: --model simple-mlp:standardize=true" },
  factories: [
    defineFactory({
      name: "split-mnist",
      summary: "MNIST's classes in turn (class-incremental)",
      options: split,
      create: async (options, context: BenchmarkContext) => splitMNIST(complete(options, context)),
    }),
    defineFactory({
      name: "permuted-mnist",
      summary: "all of MNIST, its pixels in another order each time (domain-incremental)",
      options: permuted,
      create: async (options, context: BenchmarkContext) => permutedMNIST(complete(options, context)),
    }),
    defineFactory({
      name: "rotated-mnist",
      summary: "all of MNIST, turned by another angle each time (domain-incremental)",
      options: rotated,
      create: async (options, context: BenchmarkContext) => rotatedMNIST(complete(options, context)),
    }),
    defineFactory({
      name: "split-fashion-mnist",
      summary: "Fashion-MNIST's classes in turn (class-incremental)",
      options: split,
      create: async (options, context: BenchmarkContext) => splitFashionMNIST(complete(options, context)),
    }),
    defineFactory({
      name: "split-cifar10",
      summary: "CIFAR-10's classes in turn (class-incremental); --data is the folder with its binary files",
      options: createSplitOptions({ numClasses: 10, experiences: 5, augment: ["crop", "flip"] }),
      create: async (options, context: BenchmarkContext) => splitCIFAR10(complete(options, context)),
    }),
    defineFactory({
      name: "split-cifar100",
      summary: "CIFAR-100's fine classes in turn (class-incremental); --data is the folder with its binary files",
      options: createSplitOptions({ numClasses: 100, experiences: 10, augment: ["crop", "flip"] }),
      create: async (options, context: BenchmarkContext) => splitCIFAR100(complete(options, context)),
    }),
    defineFactory({
      name: "directory",
      summary: "your own files: .npy, .npz, CSV, Parquet, tar shards, or images in a folder a class",
      options: directory,
      create: async (
        { imageSize, transforms: typed, evalTransforms: typedEval, ...options },
        context: BenchmarkContext,
      ) => {
        const { folder, ...rest } = complete(options, context);
        const { classNames, addClasses, experienceNames, addExperiences, testsAll, cacheBytes } = context;
        const labelNames = options.labelSeparator === undefined ? undefined : context.targetNames;
        const known = { classNames, addClasses, labelNames, experienceNames, addExperiences, testsAll, cacheBytes };
        const { featureNames = context.featureNames } = options;
        const path = options.path ?? folder;
        if (path === undefined) throw new CliError("directory: path is required, or --data FOLDER");
        const [height, width = height] = imageSize ?? [];
        const size = height !== undefined && width !== undefined ? { height, width } : undefined;
        const transforms = parseImageTransforms("transforms", typed);
        const evalTransforms = parseImageTransforms("evalTransforms", typedEval);
        const delimiter = options.delimiter === "tab" ? "\t" : options.delimiter;
        return directoryBenchmark({
          ...rest,
          path,
          ...known,
          imageSize: size,
          featureNames,
          delimiter,
          transforms,
          evalTransforms,
        });
      },
    }),
  ],
};

interface GivenOptions {
  readonly seed?: number | undefined;
  readonly augment: readonly ("crop" | "flip" | "none")[];
  readonly cropPadding: number;
  readonly classesPerExperience?: readonly (number | string)[] | undefined;
}

function complete<Options extends GivenOptions>(options: Options, { seed, data }: BenchmarkContext) {
  const { augment, cropPadding, classesPerExperience, ...others } = options;
  const augmentation = readAugmentation({ augment, cropPadding });
  const counts = classesPerExperience && readClassCounts(classesPerExperience);
  return {
    ...others,
    ...omitUndefined({ classesPerExperience: counts }),
    seed: options.seed ?? seed,
    folder: data,
    augmentation,
  };
}

/** @throws {CliError} If some items are numbers and others are not, or one is of another form. */
function readClassCounts(typed: readonly (number | string)[]): ClassesPerExperience {
  if (typed.every((item) => typeof item === "number")) return typed;
  const pairs = typed.map((item) => {
    const [, place, count] = /^(\d+):([1-9]\d*)$/.exec(String(item)) ?? [];
    if (place !== undefined && count !== undefined) return [Number(place), Number(count)] as const;
    const wanted = "numbers of classes, 2|2|6, or experiences with theirs, 0:4|3:2";
    throw new CliError(`classesPerExperience must be ${wanted}, got ${describeValue(typed.join("|"))}`);
  });
  const places = pairs.map(([place]) => place);
  const twice = places.find((place, i) => places.indexOf(place) !== i);
  if (twice === undefined) return Object.fromEntries(pairs);
  throw new CliError(`classesPerExperience must have each experience once, got ${twice} twice`);
}

function readAugmentation({
  augment,
  cropPadding,
}: Pick<GivenOptions, "augment" | "cropPadding">): Augmentation | null {
  const isNone = augment.includes("none");
  if (isNone && augment.length > 1) {
    throw new CliError(`augment must be crop, flip, crop|flip or none, got ${describeValue(augment.join("|"))}`);
  }
  if (isNone) return null;
  return { cropPadding: augment.includes("crop") ? cropPadding : 0, flip: augment.includes("flip") };
}
