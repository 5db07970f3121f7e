import { RangeRefusal } from "../../core/errors/errors.ts";
import type { Dataset } from "../../data/dataset.ts";
import { splitEvenly } from "../../memory/buffers/share_memory.ts";
import { countBatches } from "../../memory/loaders/batch_sampler.ts";
import { splitByTask } from "../../memory/loaders/task_balanced_data_loader.ts";
import type { Experience } from "../../streams/experience.ts";
import type { BaseStrategy } from "./base_strategy.ts";
import type { CallbackName } from "./callbacks.ts";
import { assertCriterionIsUsed } from "./combination_rules.ts";
import type { TrainingSchedule } from "./eval_streams.ts";
import { assertTrainsSomething } from "./gradient_guard.ts";
import type { StrategyPlugin } from "./strategy_plugin.ts";
import { assertTargets } from "./target_guard.ts";
import { assertTasks } from "./task_guard.ts";

/** What an experience will be trained on, as far as it is known before anything is trained. */
export interface ExpectedTraining {
  /** As many samples as the loader will deal out, of these classes and tasks. Which samples they are may differ. */
  readonly dataset: Dataset;
  /** How many of them are in a minibatch. */
  readonly batchSize: number;
  /** Whether each task has its share of a minibatch, as in the loop's own loader. */
  readonly isTaskBalanced: boolean;
  /** Rows that join each minibatch beside them, at least. */
  readonly joinedRows: number;
}

/**
 * What a strategy or a plugin makes of an experience's training. Called once for each experience, in order; it keeps
 * account of what it will remember from one to the next.
 * @throws {RangeRefusal} If the experience cannot be trained so.
 */
export type RehearseExperience = (expected: ExpectedTraining, experience: Experience) => ExpectedTraining;

/**
 * Goes through a training before it begins, by numbers of samples alone, from where the strategy stands now. What is
 * not known is passed over: a plugin may change minibatches without saying so.
 */
export class Rehearsal {
  /** True where nobody makes anything of experiences, and minibatches of any size will do. */
  readonly isPlain: boolean;
  readonly #strategy: BaseStrategy;
  readonly #dropLast: boolean;
  readonly #steps: readonly RehearseExperience[];
  /** Whether the sizes of minibatches are known. */
  readonly #isKnown: boolean;

  /**
   * @param dropLast Whether last, smaller minibatches are left out.
   * @throws {RangeRefusal} If training would change nothing.
   */
  constructor(strategy: BaseStrategy, dropLast: boolean) {
    assertTrainsSomething(strategy);
    const plugins = listOwnPlugins(strategy);
    const own = strategy.rehearse();
    this.#strategy = strategy;
    this.#dropLast = dropLast;
    const first = typeof own === "function" ? [own] : [];
    this.#steps = [...first, ...plugins.flatMap((plugin) => plugin.rehearse?.(strategy) ?? [])];
    this.#isKnown = own !== "unknown" && plugins.every(leavesMinibatches);
    this.isPlain = this.#steps.length === 0 && !dropLast && strategy.rowDemand === undefined;
  }

  /** @throws {RangeRefusal} If the next experience cannot be trained, with what to change. */
  admit(experience: Experience): void {
    const { trainMbSize } = this.#strategy;
    assertTargets(this.#strategy, experience);
    assertCriterionIsUsed(this.#strategy);
    assertTasks(this.#strategy, experience);
    if (this.isPlain && experience.taskLabels.length <= trainMbSize) return;
    let expected: ExpectedTraining = {
      dataset: experience.dataset,
      batchSize: trainMbSize,
      isTaskBalanced: true,
      joinedRows: 0,
    };
    for (const step of this.#steps) expected = step(expected, experience);
    if (!this.#isKnown || expected.dataset.length === 0) return;
    const name = nameExperience(experience);
    assertPlaces(name, expected);
    if (this.#dropLast) assertMinibatches(name, expected);
    this.#assertRows(name, expected);
  }

  #assertRows(name: string, expected: ExpectedTraining): void {
    const { rowDemand, minibatchParts } = this.#strategy;
    const needed = 2 * minibatchParts;
    const smallest = measureSmallest(expected, this.#dropLast);
    if (rowDemand === undefined || smallest >= needed) return;
    const { dataset, batchSize } = expected;
    const reason = `the layer "${rowDemand}" normalizes by the batch's variance, which takes ${needed}`;
    const cure = findCure({ needed, batchSize, length: dataset.length });
    throw new RangeRefusal(`${name} has a minibatch of ${countSamples(smallest)}, and ${reason}: ${cure}`);
  }
}

/**
 * Rehearses the training of experiences: before any of them where they can be gone through twice, else each when it
 * comes.
 * @throws {RangeRefusal} If one cannot be trained, with what to change.
 */
export function rehearseAll(
  strategy: BaseStrategy,
  { trained, isRepeatable }: Pick<TrainingSchedule, "trained" | "isRepeatable">,
): Iterable<Experience> {
  const rehearsal = new Rehearsal(strategy, strategy.dropLast);
  if (rehearsal.isPlain || !isRepeatable) {
    if (isRepeatable) assertFirst(strategy, trained);
    return admitEach(rehearsal, trained);
  }
  for (const experience of trained) rehearsal.admit(experience);
  return trained;
}

/** The targets of one experience tell those of its stream; other experiences of a stream may not be made yet. */
function assertFirst(strategy: BaseStrategy, experiences: Iterable<Experience>): void {
  for (const experience of experiences) {
    assertTargets(strategy, experience);
    assertCriterionIsUsed(strategy);
    return;
  }
}

function* admitEach(rehearsal: Rehearsal, experiences: Iterable<Experience>): Iterable<Experience> {
  for (const experience of experiences) {
    rehearsal.admit(experience);
    yield experience;
  }
}

/** How refusals call an experience. */
export function nameExperience({ currentExperience, originStream }: Experience): string {
  return `experience ${currentExperience} of the stream ${JSON.stringify(originStream.name)}`;
}

function findCure({ needed, batchSize, length }: { needed: number; batchSize: number; length: number }): string {
  if (batchSize < needed) return `trainMbSize (--batch-size) must be at least ${needed}`;
  if (length < batchSize) return `its ${countSamples(length)} are too few, make larger experiences`;
  return "leave a last, smaller minibatch out with dropLast (--drop-last), or change trainMbSize (--batch-size)";
}

/** Rows of the smallest minibatch. One with several tasks has at least a row of each; how many more is not told. */
function measureSmallest({ dataset, batchSize, isTaskBalanced, joinedRows }: ExpectedTraining, dropLast: boolean) {
  if (isTaskBalanced && dataset.taskLabels.length > 1) return Number.POSITIVE_INFINITY;
  const rest = dataset.length % batchSize;
  return (dropLast || rest === 0 ? batchSize : rest) + joinedRows;
}

function assertPlaces(name: string, { dataset, batchSize, isTaskBalanced }: ExpectedTraining): void {
  const tasks = dataset.taskLabels.length;
  if (!isTaskBalanced || tasks <= batchSize) return;
  const what = `${name} is trained on ${tasks} tasks, each with its share of every minibatch`;
  throw new RangeRefusal(`${what}: trainMbSize (--batch-size) must be at least ${tasks}, got ${batchSize}`);
}

function assertMinibatches(name: string, { dataset, batchSize, isTaskBalanced }: ExpectedTraining): void {
  const groups = isTaskBalanced ? splitByTask(dataset) : [dataset];
  const sizes = splitEvenly(batchSize, groups.length);
  if (groups.some(({ length }, i) => countBatches(length, sizes[i] ?? 1, true) > 0)) return;
  const what = `dropLast (--drop-last) leaves nothing of ${name}, which has ${countSamples(dataset.length)}`;
  throw new RangeRefusal(`${what}: trainMbSize (--batch-size) must be smaller, got ${batchSize}`);
}

function countSamples(count: number): string {
  return `${count} ${count === 1 ? "sample" : "samples"}`;
}

/** Parts of the loop by which a subclass decides what is trained on. */
export const LOOP_PARTS = ["trainDatasetAdaptation", "makeTrainDataloader", "trainExp", "trainingEpoch"] as const;

/** Callbacks in which minibatches can be changed. */
const CHANGING: readonly CallbackName[] = [
  "afterTrainDatasetAdaptation",
  "beforeTrainingExp",
  "beforeTrainingEpoch",
  "beforeTrainingIteration",
  "beforeForward",
];

/** True where a plugin says what it makes of minibatches, has traits that leave them alone, or cannot change them. */
function leavesMinibatches(plugin: StrategyPlugin): boolean {
  const { traits, rehearse } = plugin;
  if (rehearse) return true;
  if (traits) return !traits.includes("replacesAdaptedDataset") && !traits.includes("replacesDataloader");
  return CHANGING.every((callback) => plugin[callback] === undefined);
}

/** The plugins that the strategy was made with: the evaluator and what follows it change nothing. */
function listOwnPlugins({ plugins, evaluator }: BaseStrategy): readonly StrategyPlugin[] {
  return plugins.slice(0, plugins.indexOf(evaluator));
}
