import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, listOf, objectLike, required, text, wholeNumber } from "../../core/options/value_rules.ts";
import { createDataSource, type DataSource } from "../../data/data_source.ts";
import { Dataset } from "../../data/dataset.ts";
import type { Transform } from "../../data/transforms/transform.ts";
import { createBenchmark, NORMALIZATION_RULE } from "../benchmark.ts";
import type { Benchmark } from "../experience.ts";
import type { ExperienceData } from "../stream.ts";
import type { StreamOptions } from "../stream_options.ts";
import { STREAM_OPTIONS } from "../stream_options.ts";
import { numberDatasets } from "./renumber_labels.ts";

/** One look at the data: what is done to raw samples, before the source's own transforms. */
export interface Domain {
  /** Names the domain's data sources: "permutation 3", say. */
  readonly name: string;
  readonly transforms: readonly Transform[];
}

/** What a domain-incremental benchmark is made of. */
export interface DomainIncrementalOptions extends StreamOptions {
  readonly name: string;
  readonly train: DataSource;
  readonly test: DataSource;
  /**
   * Class ids are 0 … numClasses − 1. Default: the labels that occur, ascending, become the class ids 0, 1, 2 …
   */
  readonly numClasses?: number | undefined;
  /** One an experience. */
  readonly domains: readonly Domain[];
  /** Experience i carries the task label i. */
  readonly taskLabels?: boolean | undefined;
  readonly normalization: Benchmark["normalization"];
}

/** What `DomainIncrementalOptions` may be. */
export const DOMAIN_INCREMENTAL_RULES: OptionRules<DomainIncrementalOptions> = {
  ...STREAM_OPTIONS,
  name: required(text()),
  train: required(objectLike("a data source", "id", "x")),
  test: required(objectLike("a data source", "id", "x")),
  numClasses: wholeNumber(1),
  domains: required(listOf(objectLike("{ name, transforms }", "name", "transforms"))),
  taskLabels: flag(),
  normalization: required(NORMALIZATION_RULE),
};

/**
 * A benchmark in which every experience shows all samples and all classes in another way; test experience i looks like
 * train experience i. The arrays are shared by all.
 * @throws {RangeError} If a transform does not fit the samples, or there are none.
 */
export function createDomainIncrementalBenchmark(options: DomainIncrementalOptions): Benchmark {
  assertOptions("createDomainIncrementalBenchmark", options, DOMAIN_INCREMENTAL_RULES);
  const { taskLabels = false } = options;
  const whole = [Dataset.fromSource(options.train), Dataset.fromSource(options.test)];
  const { datasets, classNames } = numberDatasets(whole, options.numClasses);
  const numClasses = classNames.length;
  const [train = options.train, test = options.test] = datasets.map(({ sources }) => [...sources.values()][0]);
  return createBenchmark({
    ...options,
    numClasses,
    classNames,
    train: createExperiences(train, { ...options, numClasses }),
    test: createExperiences(test, { ...options, numClasses }),
    sampleShape: train.sampleShape,
    isTaskIncremental: taskLabels,
  });
}

function createExperiences(
  source: DataSource,
  { domains, taskLabels, numClasses }: DomainIncrementalOptions & { readonly numClasses: number },
): ExperienceData[] {
  const classes = Array.from({ length: numClasses }, (_, id) => id);
  return domains.map((domain, index) => {
    const seen = createDataSource({
      ...source,
      name: `${source.name}, ${domain.name}`,
      transforms: [...domain.transforms, ...source.transforms],
      taskLabel: taskLabels ? index : source.taskLabel,
    });
    return { dataset: Dataset.fromSource(seen), classes };
  });
}
