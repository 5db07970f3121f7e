import { describeValue, RangeRefusal } from "../core/errors/errors.ts";
import type { ParameterLayout } from "../core/parameter_layout.ts";
import type { OptimizerSpec } from "./optimizer_spec.ts";

/**
 * Parameters by their names, such as "classifier/kernel". A text is a name, or the beginning of names up to a "/"
 * ("classifier" for the whole layer); "*" in it stands for any characters. A regular expression matches anywhere in a
 * name; as a text it stands between slashes: "/bias$/".
 */
export type ParameterPattern = string | RegExp;

/** When a group of parameters is held still. Default: never. */
export interface GroupSchedule {
  /** In so many first experiences. */
  readonly frozenExperiences?: number;
  /** In so many first epochs of each experience. */
  readonly frozenEpochs?: number;
  /** After so many experiences. */
  readonly trainedExperiences?: number;
}

/** Parameters that an optimizer steps otherwise than the others; as PyTorch's `param_groups`. */
export interface ParameterGroup {
  /** Texts of the patterns: a parameter of which one matches the name belongs to the group. */
  readonly parameters: readonly string[];
  /** The group's constants. */
  readonly spec: OptimizerSpec;
  /** May be changed between steps (schedules do). 0 leaves the group's parameters as they are. */
  learningRate: number;
  /** When the group is held still, whatever its learning rate is. Default: never. */
  readonly schedule?: GroupSchedule;
}

/** How an optimizer steps, as plain data; the learning rates travel with each step. */
export interface OptimizerRule {
  readonly spec: OptimizerSpec;
  /** Default: none. */
  readonly groups?: readonly Pick<ParameterGroup, "parameters" | "spec">[];
}

/** Elements [start, end) of a flat vector that are stepped alike. */
export interface OptimizerSegment {
  readonly start: number;
  readonly end: number;
  /** The number of the group from 1 on; 0 for parameters of none. */
  readonly group: number;
  readonly spec: OptimizerSpec;
  /** The number of the task's part that they belong to, from 0 on; left out for parameters that take every step. */
  readonly part?: number;
}

/** How many groups an optimizer has at most. */
export const MAX_GROUPS = 64;

/** How many names a refusal lists. */
const MAX_NAMES = 40;

/** The text of a pattern. */
export function formatPattern(pattern: ParameterPattern): string {
  if (typeof pattern === "string") return pattern;
  return `/${pattern.source}/${pattern.flags.replace(/[gy]/g, "")}`;
}

/**
 * Where the groups lie in a model's flat vector [P], in order and without gaps. Empty where there are no groups.
 * @throws {RangeError} If a parameter belongs to two groups.
 */
export function locateGroups({ spec, groups = [] }: OptimizerRule, layout: ParameterLayout): OptimizerSegment[] {
  if (groups.length === 0) return [];
  const tests = groups.map(({ parameters }) => parameters.map(compilePattern));
  const segments: OptimizerSegment[] = [];
  for (const { name, offset, size } of layout.entries) {
    const [index = -1, other] = tests.flatMap((patterns, i) => (patterns.some((test) => test(name)) ? [i] : []));
    if (other !== undefined) {
      throw new RangeRefusal(
        `the optimizer's groups[${other}] must leave ${name} out: it is in groups[${index}] already`,
      );
    }
    const last = segments.at(-1);
    const group = index + 1;
    if (last?.group === group) segments[segments.length - 1] = { ...last, end: offset + size };
    else segments.push({ start: offset, end: offset + size, group, spec: groups[index]?.spec ?? spec });
  }
  return segments;
}

/**
 * Checks an optimizer's groups against the model that it is to train.
 * @throws {RangeError} If a pattern matches no parameter, or a parameter belongs to two groups.
 */
export function assertGroupsMatch(rule: OptimizerRule, layout: ParameterLayout): void {
  const names = layout.entries.map(({ name }) => name);
  for (const [i, { parameters }] of (rule.groups ?? []).entries()) {
    const lost = parameters.find((pattern) => !names.some(compilePattern(pattern)));
    if (lost === undefined) continue;
    const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
    const known = `${names.slice(0, MAX_NAMES).join(", ")}${more}`;
    throw new RangeRefusal(
      `the optimizer's groups[${i}]: parameters must match some of ${known}; got ${describeValue(lost)}`,
    );
  }
  locateGroups(rule, layout);
}

/** What is wrong with the text of a pattern; undefined where nothing is. */
export function findPatternFault(text: string): string | undefined {
  try {
    compilePattern(text);
    return text === "" ? "a pattern that is not empty" : undefined;
  } catch {
    return "a regular expression that is well-formed";
  }
}

/** Whether a parameter's name fits the text of a pattern. */
export function compilePattern(text: string): (name: string) => boolean {
  const [, source, flags] = /^\/(.*)\/([a-z]*)$/s.exec(text) ?? [];
  const expression =
    source === undefined
      ? new RegExp(`^${text.split("*").map(escapeText).join(".*")}(/|$)`, "s")
      : new RegExp(source, flags);
  return (name) => expression.test(name);
}

function escapeText(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
