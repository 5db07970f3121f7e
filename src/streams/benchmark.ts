import { isDeepStrictEqual } from "node:util";
import { elementAt, valueAt } from "../core/element_at.ts";
import { describeValue, needs, RangeRefusal } from "../core/errors/errors.ts";
import { assertOptions } from "../core/options/assert_options.ts";
import { omitUndefined } from "../core/options/omit_undefined.ts";
import { splitOptions } from "../core/options/split_options.ts";
import { objectLike } from "../core/options/value_rules.ts";
import { RandomStream } from "../core/random_stream.ts";
import type { DataSource } from "../data/data_source.ts";
import type { Dataset } from "../data/dataset.ts";
import { nameByIds } from "../data/readers/class_names.ts";
import { assertOneTargetForm } from "./benchmark_targets.ts";
import { numberTasks } from "./benchmarks/renumber_labels.ts";
import { cutExperience } from "./cut_experience.ts";
import type { Benchmark, LabelNames, Stream } from "./experience.ts";
import { createLinearDecayStream } from "./linear_decay_stream.ts";
import { createOnlineStream, isOnlineExperience } from "./online_experience.ts";
import { drawExamples, splitValidation } from "./split_experience.ts";
import { createStream, type ExperienceData } from "./stream.ts";
import { STREAM_OPTIONS, type StreamOptions } from "./stream_options.ts";

/** The rule of an option that says how raw values were normalised. */
export const NORMALIZATION_RULE = objectLike("{ scale, mean, std }", "scale", "mean", "std");

/** The stream of small experiences. */
const ONLINE_NAME = "train_online";

/** A benchmark before its streams are made. */
export interface BenchmarkParts extends StreamOptions, Pick<LabelNames, "dataClassNames" | "experienceClassNames"> {
  readonly name: string;
  readonly train: readonly ExperienceData[];
  readonly test: readonly ExperienceData[];
  /** Further streams by name. */
  readonly streams?: Readonly<Record<string, readonly ExperienceData[]>> | undefined;
  readonly numClasses: number;
  /** The label of each class id. Default: the ids themselves. */
  readonly classNames?: readonly string[] | undefined;
  readonly sampleShape: readonly number[];
  readonly isTaskIncremental: boolean;
  readonly normalization: Benchmark["normalization"];
}

/**
 * Makes the streams "train", "valid" (where asked for), "test" and "train_online" (where asked for) of a benchmark.
 * @throws {RangeError} If an experience is left without samples, an option is out of range, or a label is no class id.
 */
export function createBenchmark(parts: BenchmarkParts): Benchmark {
  const { name, numClasses, sampleShape, normalization } = parts;
  const all = listParts(parts);
  assertSampleShape(parts);
  assertOneTargetForm(
    name,
    all.map(({ dataset }) => dataset),
  );
  const { datasets, taskNames } = numberTasks(all.map(({ dataset }) => dataset));
  const places = new Map(all.map((part, place) => [part, place]));
  const numbered = (part: ExperienceData) => ({ ...part, dataset: elementAt(datasets, valueAt(places, part)) });
  const { train, valid } = prepareTrainData({ ...parts, train: parts.train.map(numbered) });
  const { dataClassNames, experienceClassNames } = parts;
  const renumbered = omitUndefined({ dataClassNames, experienceClassNames });
  const labelNames = { classNames: nameClasses(parts), taskNames, ...renumbered };
  const trainStream = createStream("train", train, labelNames);
  const testStream = createStream("test", parts.test.map(numbered), labelNames);
  const streams = new Map<string, Stream>([["train", trainStream]]);
  if (valid.length > 0) streams.set("valid", createStream("valid", valid, labelNames));
  streams.set("test", testStream);
  for (const [other, data] of Object.entries(parts.streams ?? {})) {
    if (streams.has(other) || other === ONLINE_NAME) {
      throw new RangeRefusal(`${name}: streams must have names of their own, got ${describeValue(other)}`);
    }
    streams.set(other, createStream(other, data.map(numbered), labelNames));
  }
  for (const stream of streams.values()) assertClassIds(name, stream, numClasses);
  const online = createOnline(parts, trainStream);
  if (online) streams.set(online.name, online);
  const isTaskIncremental = parts.isTaskIncremental || haveTasks(datasets);
  const made = { name, trainStream, testStream, streams, numClasses, sampleShape, isTaskIncremental, normalization };
  return { ...made, ...labelNames };
}

/**
 * Every data source that a benchmark's samples come from, by name: what a saved buffer is restored from, and what a
 * fingerprint is of.
 * @throws {RangeError} If two sources have the same name and are not the same samples.
 */
export function collectSources(benchmark: Benchmark): Map<string, DataSource> {
  const sources = new Map<string, DataSource>();
  for (const source of listSources(benchmark)) {
    const other = sources.get(source.name);
    if (other && !isSameData(other, source)) {
      const act = `the benchmark ${JSON.stringify(benchmark.name)}`;
      throw new RangeRefusal(needs(act, "data sets with names of their own", source.name));
    }
    if (!other) sources.set(source.name, source);
  }
  return sources;
}

/** Whether it makes no difference which of them is read: one data set for training and for testing, say. */
function isSameData(a: DataSource, b: DataSource): boolean {
  return isDeepStrictEqual({ ...a, id: 0 }, { ...b, id: 0 });
}

/** Every data source that a benchmark's samples come from, once. */
export function listSources({ streams }: Benchmark): Set<DataSource> {
  const sources = new Set<DataSource>();
  for (const stream of streams.values()) {
    // An online stream reads from its origin's sources, and is long.
    if (stream.length === 0 || isOnlineExperience(stream.at(0))) continue;
    for (const { dataset } of stream) for (const source of dataset.sources.values()) sources.add(source);
  }
  return sources;
}

/** The experiences of all streams. */
function listParts({ train, test, streams = {} }: Pick<BenchmarkParts, "train" | "test" | "streams">) {
  return [...train, ...test, ...Object.values(streams).flat()];
}

/** A model is made for the benchmark's shape: images in another order of axes would be read crosswise. */
function assertSampleShape({ name, sampleShape, ...parts }: BenchmarkParts): void {
  const sources = listParts(parts).flatMap(({ dataset }) => [...dataset.sources.values()]);
  const astray = sources.find((source) => source.sampleShape.join() !== sampleShape.join());
  if (!astray) return;
  const wanted = `[${astray.sampleShape.join(", ")}] as in ${JSON.stringify(astray.name)}`;
  throw new RangeRefusal(`${name}: sampleShape must be ${wanted}, got [${sampleShape.join(", ")}]`);
}

function nameClasses({ name, numClasses, classNames = nameByIds(numClasses) }: BenchmarkParts): readonly string[] {
  if (classNames.length === numClasses) return classNames;
  throw new RangeRefusal(
    `${name}: classNames must have a name for each of ${numClasses} classes, got ${classNames.length}`,
  );
}

function createOnline(
  { name, seed = 0, onlineExperienceSize, onlineDropLast: dropLast = false, decayBeta }: BenchmarkParts,
  train: Stream,
) {
  const act = `the benchmark ${JSON.stringify(name)}`;
  if (onlineExperienceSize !== undefined) {
    const options = { experienceSize: onlineExperienceSize, random: new RandomStream(seed, "online") };
    if (decayBeta === undefined) return createOnlineStream(train, { ...options, dropLast });
    if (dropLast) throw new RangeRefusal(needs(act, "no onlineDropLast beside decayBeta", dropLast));
    return createLinearDecayStream(train, { ...options, beta: decayBeta });
  }
  if (dropLast) throw new RangeRefusal(needs(act, "onlineExperienceSize beside onlineDropLast", undefined));
  if (decayBeta === undefined) return undefined;
  throw new RangeRefusal(needs(act, "onlineExperienceSize beside decayBeta", undefined));
}

/** Cuts experiences, draws the subset, then splits validation off; each from a random stream of its own. */
function prepareTrainData(parts: BenchmarkParts): { train: ExperienceData[]; valid: ExperienceData[] } {
  const { name, seed = 0, experienceSize, validationSize = 0, validationSplit: split, examplesPerExperience } = parts;
  const act = `the benchmark ${JSON.stringify(name)}`;
  const given = splitOptions(parts, STREAM_OPTIONS)[0];
  assertOptions(name, given, STREAM_OPTIONS);
  if (typeof split === "function" && validationSize > 0) {
    throw new RangeRefusal(needs(act, "no validationSize where validationSplit is a function", validationSize));
  }
  const cutRandom = new RandomStream(seed, "data-incremental");
  const validationRandom = new RandomStream(seed, "validation");
  const subsetRandom = new RandomStream(seed, "subset");
  const train: ExperienceData[] = [];
  const valid: ExperienceData[] = [];
  const pieces =
    experienceSize === undefined
      ? parts.train
      : parts.train.flatMap((part, index) => cutExperience(part, { index, experienceSize, random: cutRandom }));
  for (const [index, part] of pieces.entries()) {
    let { dataset } = part;
    if (examplesPerExperience !== undefined) {
      const actHere = `${act}, experience ${index}`;
      dataset = drawExamples(dataset, { count: examplesPerExperience, random: subsetRandom, act: actHere });
    }
    if (validationSize > 0 || typeof split === "function") {
      assertSomeLeft(dataset, { validationSize, act: `${act}, experience ${index}` });
      const halves = splitValidation(dataset, { validationSize, random: validationRandom, split });
      valid.push({ ...part, dataset: halves.valid });
      dataset = halves.train;
    }
    train.push({ ...part, dataset });
  }
  return { train, valid };
}

/** Whether samples have different task labels. A source with another label need not be used. */
function haveTasks(datasets: readonly Dataset[]): boolean {
  const sources = datasets.flatMap((dataset) => [...dataset.sources.values()]);
  if (new Set(sources.map(({ taskLabel }) => taskLabel)).size < 2) return false;
  return new Set(datasets.flatMap(({ taskLabels }) => taskLabels)).size > 1;
}

/** @throws {RangeRefusal} If so many samples are kept for validation that none is left to train on. */
function assertSomeLeft(
  { length }: Dataset,
  { validationSize, act }: { readonly validationSize: number; readonly act: string },
): void {
  if (validationSize < 1 || validationSize < length) return;
  throw new RangeRefusal(needs(act, `validationSize below its ${length} samples`, validationSize));
}

function assertClassIds(benchmark: string, stream: Stream, numClasses: number): void {
  for (const { classesInThisExperience, currentExperience } of stream) {
    const astray = classesInThisExperience.find((id) => id < 0 || id >= numClasses);
    if (astray === undefined) continue;
    const wanted = `class ids from 0 to ${numClasses - 1} in experience ${currentExperience} of ${stream.name}`;
    throw new RangeRefusal(needs(`benchmark ${JSON.stringify(benchmark)}`, wanted, astray));
  }
}
