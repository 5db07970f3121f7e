import { describeValue } from "../../core/errors/errors.ts";
import { type OptionalOption, type OptionSchema, optional } from "../../core/options/option_schema.ts";
import { listOf, text } from "../../core/options/value_rules.ts";
import { GROUP_OPTIONS } from "../../optimizers/group_schedule.ts";
import { CliError } from "../cli_error.ts";
import { coerceText, findOptionProblem } from "./option_text.ts";

/** A group of parameters as it was typed, with values of the kinds that options take. */
export interface TypedGroup {
  readonly parameters: string;
  readonly [option: string]: unknown;
}

/** The option `groups` of an optimizer, as it is typed. */
export const GROUPS_OPTION: OptionalOption<readonly string[]> = optional(
  listOf(text(1)),
  "parameters that are stepped otherwise, each PATTERN:key=value;key=value; beside the optimizer's options learningRateFactor, frozenExperiences, frozenEpochs and trainedExperiences",
);

/**
 * Parses groups of parameters: "PATTERN:key=value;key=value" each. The keys are options of the optimizer and of
 * groups.
 * @throws {CliError} If a group is of another form, or a value is not what it must be.
 * @example parseGroups("sgd", ["features*:learningRate=0.001;weightDecay=0"], schema)
 * // [{ parameters: "features*", learningRate: 0.001, weightDecay: 0 }]
 */
export function parseGroups(
  optimizer: string,
  texts: readonly string[] | undefined,
  schema: OptionSchema,
): readonly TypedGroup[] | undefined {
  return texts?.map((typed, i) => parseGroup(`${optimizer}: groups[${i}]`, typed, schema));
}

function parseGroup(subject: string, typed: string, schema: OptionSchema): TypedGroup {
  // A regular expression may hold colons: the last one before a key counts.
  const [, parameters, rest] = /^(.+):([A-Za-z]\w*=.*)$/s.exec(typed) ?? [];
  if (parameters === undefined || rest === undefined) {
    throw new CliError(`${subject} must be PATTERN:key=value;key=value, got ${describeValue(typed)}`);
  }
  const all: OptionSchema = { ...schema, ...GROUP_OPTIONS };
  const values = rest.split(/[;,]/).map((part) => {
    const [, key, value] = /^([A-Za-z]\w*)=(.+)$/s.exec(part) ?? [];
    if (key === undefined || value === undefined) {
      throw new CliError(`${subject}: expected key=value, got ${describeValue(part)}`);
    }
    const shape = Object.hasOwn(all, key) ? all[key]?.shape : undefined;
    return [key, shape ? coerceText(shape, value) : value] as const;
  });
  const given: Record<string, unknown> = Object.fromEntries(values);
  // What is left out is the optimizer's own: nothing is required.
  const known = Object.fromEntries(Object.entries(all).map(([key, rule]) => [key, optional(rule, "")]));
  const problem = findOptionProblem(known, given);
  if (problem !== undefined) throw new CliError(`${subject}: ${problem}`);
  return { ...given, parameters };
}
