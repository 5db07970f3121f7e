import { isDeepStrictEqual } from "node:util";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { TargetKind } from "../../data/float_targets.ts";
import { DEFAULT_CRITERION, nameCriterion } from "../losses/criteria.ts";
import type { Criterion, CriterionFunction } from "../losses/criterion.ts";
import { assertKnownCallbacks } from "./callbacks.ts";
import { assertOneState, namePlugin, type StrategyPlugin } from "./strategy_plugin.ts";

/** What a plugin or a strategy does that others may exclude, in the words of refusals. */
const TRAITS = {
  changesLoss: "changes the loss or its gradient",
  keepsMinibatchSamples: "keeps samples of minibatches",
  mixesSamples: "mixes samples",
  needsHardLabels: "needs samples with one label each",
  replacesAdaptedDataset: "replaces the adapted dataset",
  replacesCriterion: "replaces the criterion",
  replacesDataloader: "replaces the dataloader",
  replacesPredictions: "replaces the predictions",
  setsLearningRate: "sets the learning rate",
} as const;

/** One of them. A plugin that has a `criterion` has and excludes `replacesCriterion` without saying so. */
export type Trait = keyof typeof TRAITS;

/**
 * What plugins and strategies declare about themselves, so that what goes badly together is refused when a strategy is
 * made.
 */
export interface CombinationRules {
  /** What it does that others may exclude. */
  readonly traits?: readonly Trait[];
  /** What no other plugin may do beside it. */
  readonly excludes?: readonly Trait[];
  /**
   * The kinds of targets that it can work with; a strategy refuses others before training. Default: any, and class ids
   * alone for a plugin that has a `criterion`.
   */
  readonly targets?: readonly TargetKind[];
}

/** A plugin or a strategy with its name. */
interface Member extends Required<Pick<CombinationRules, "traits" | "excludes">> {
  readonly name: string;
}

/**
 * Checks that a strategy and its plugins can be combined, by what they declare.
 * @throws {RangeError} If one does what another excludes; the message names both.
 */
export function assertCombination(strategy: CombinationRules, plugins: readonly StrategyPlugin[]): void {
  const { traits = [], excludes = [] } = strategy;
  const members = [{ name: strategy.constructor.name, traits, excludes }, ...plugins.map(describePlugin)];
  for (const member of members) {
    for (const other of members) if (other !== member) assertBearable(member, other);
  }
}

/** A strategy with what it was made of. */
interface MadeStrategy extends CombinationRules {
  readonly plugins: readonly StrategyPlugin[];
  readonly madeWith: { readonly criterion: Criterion | CriterionFunction | undefined };
}

/**
 * Checks that a criterion which a strategy was given is what it trains by. Plain cross-entropy, the default, may be
 * given to all.
 * @throws {RangeRefusal} If the strategy or a plugin trains by a loss of its own.
 */
export function assertCriterionIsUsed(strategy: MadeStrategy): void {
  const { criterion } = strategy.madeWith;
  if (criterion === undefined || isDeepStrictEqual(nameCriterion(criterion), DEFAULT_CRITERION)) return;
  const members = [
    { name: strategy.constructor.name, traits: strategy.traits ?? [] },
    ...strategy.plugins.map(describePlugin),
  ];
  const member = members.find(({ traits }) => traits.includes("replacesCriterion"));
  if (!member) return;
  const got = typeof criterion === "function" ? "a function" : criterion.constructor.name;
  throw new RangeRefusal(`${member.name} trains by a loss of its own: criterion must be left out, got ${got}`);
}

function assertBearable(member: Member, other: Member): void {
  const trait = member.excludes.find((excluded) => other.traits.includes(excluded));
  if (!trait) return;
  throw new RangeRefusal(needs(`${member.name}`, `nothing beside it that ${TRAITS[trait]}`, other.name));
}

function describePlugin(plugin: StrategyPlugin): Member {
  assertOneState(plugin);
  assertKnownCallbacks(plugin, namePlugin(plugin));
  const { traits = [], excludes = [], criterion } = plugin;
  const own: readonly Trait[] = criterion ? ["replacesCriterion"] : [];
  return { name: namePlugin(plugin), traits: [...traits, ...own], excludes: [...excludes, ...own] };
}
