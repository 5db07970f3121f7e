import { RangeRefusal } from "../core/errors/errors.ts";
import { type AnyOptionRules, assertOptions } from "../core/options/assert_options.ts";
import { omitUndefined } from "../core/options/omit_undefined.ts";
import { type OptionalOption, type OptionSchema, type OptionsOf, optional } from "../core/options/option_schema.ts";
import { splitOptions } from "../core/options/split_options.ts";
import { listOf, objectLike, type ValueRule } from "../core/options/value_rules.ts";
import { fixSpec } from "./fix_spec.ts";
import { assertSchedule, GROUP_OPTIONS } from "./group_schedule.ts";
import type { OptimizerSpec } from "./optimizer_spec.ts";
import {
  findPatternFault,
  formatPattern,
  MAX_GROUPS,
  type ParameterGroup,
  type ParameterPattern,
} from "./parameter_groups.ts";

/** One group of parameters with what is other for it: options that are left out are those of the optimizer. */
export type GroupOptions<Schema extends OptionSchema> = Partial<OptionsOf<Schema>> &
  OptionsOf<typeof GROUP_OPTIONS> & {
    /** Which parameters: a name, a layer, a pattern with "*" or a regular expression, or several of them. */
    readonly parameters: ParameterPattern | readonly ParameterPattern[];
  };

/** The option `groups` of an optimizer with these other options. */
export function groupsOption<Schema extends OptionSchema>(
  _own: Schema,
): OptionalOption<readonly GroupOptions<Schema>[]> {
  const group = objectLike<GroupOptions<Schema>>('an object such as { parameters: "classifier", learningRate: 0.001 }');
  return optional(listOf(group), "parameters that are stepped otherwise, by their names");
}

/** A group as it was given, by the types of the options that it may change. */
type GivenGroup<Own> = Pick<GroupOptions<OptionSchema>, "parameters"> &
  OptionsOf<typeof GROUP_OPTIONS> & {
    readonly [Name in keyof Own]?: Own[Name] | undefined;
  };

/** How the options of an optimizer become its constants. */
export interface GroupReader<Own> {
  /** The optimizer's own options, defaults filled in. */
  readonly own: Own;
  /** What the options may be. */
  readonly schema: OptionSchema;
  /** @throws {RangeError} If options do not go together. */
  readonly read: (subject: string, options: Own) => { readonly learningRate: number; readonly spec: OptimizerSpec };
}

/**
 * An optimizer's groups of parameters.
 * @throws {TypeError} If an option has no such name. {RangeError} If a value is out of range.
 */
export function createGroups<Own extends object>(
  subject: string,
  groups: readonly GivenGroup<Own>[] = [],
  { own, schema, read }: GroupReader<Own>,
): readonly ParameterGroup[] {
  if (groups.length > MAX_GROUPS) {
    throw new RangeRefusal(`${subject}: groups must be at most ${MAX_GROUPS}, got ${groups.length}`);
  }
  const rules = createGroupRules(schema);
  return Object.freeze(
    groups.map((given, i) => {
      const name = `${subject}: groups[${i}]`;
      assertOptions(name, given, rules);
      const [{ learningRateFactor: factor, ...schedule }, rest] = splitOptions(omitUndefined(given), GROUP_OPTIONS);
      const { parameters, ...changes } = rest;
      if (factor !== undefined && "learningRate" in changes) {
        throw new RangeRefusal(`${name}: learningRate and learningRateFactor exclude each other`);
      }
      assertSchedule(name, schedule);
      const { learningRate, spec } = read(name, { ...own, ...changes });
      const group = {
        learningRate: learningRate * (factor ?? 1),
        parameters: Object.freeze(listPatterns(parameters)),
        ...(Object.keys(schedule).length > 0 ? { schedule: Object.freeze(schedule) } : {}),
      };
      return Object.assign(group, { spec: fixSpec(group, spec, subject) });
    }),
  );
}

function listPatterns(parameters: ParameterPattern | readonly ParameterPattern[]): string[] {
  const patterns = typeof parameters === "string" || parameters instanceof RegExp ? [parameters] : parameters;
  return patterns.map(formatPattern);
}

/** A group has all options of the optimizer and some of its own, and may leave each out. */
function createGroupRules(schema: OptionSchema): AnyOptionRules {
  const rules = Object.entries({ ...schema, ...GROUP_OPTIONS }).map(([name, { shape, findFault }]) => [
    name,
    { shape, findFault },
  ]);
  return { ...Object.fromEntries(rules), parameters: { ...PARAMETERS, isRequired: true } };
}

const WANTED = "a name, a pattern, a regular expression or a list of them";

const PARAMETERS: ValueRule<unknown> = {
  shape: { kind: "code" },
  findFault(value) {
    const patterns = Array.isArray(value) ? value : [value];
    if (patterns.length === 0)
      return { place: "", wanted: "a list of at least one pattern", got: value, isOfKind: true };
    for (const pattern of patterns) {
      if (typeof pattern !== "string" && !(pattern instanceof RegExp)) {
        return { place: "", wanted: WANTED, got: pattern, isOfKind: false };
      }
      const wanted = findPatternFault(formatPattern(pattern));
      if (wanted !== undefined) return { place: "", wanted, got: pattern, isOfKind: true };
    }
    return undefined;
  },
};
