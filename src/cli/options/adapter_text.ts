import { describeUnknownName, describeValue } from "../../core/errors/errors.ts";
import { type OptionalOption, type OptionSchema, optional } from "../../core/options/option_schema.ts";
import { listOf, text } from "../../core/options/value_rules.ts";
import type { LoraOptions } from "../../models/lora.ts";
import { CliError } from "../cli_error.ts";
import { coerceText, findOptionProblem } from "./option_text.ts";

/** The option `adapter` of a model, as it is typed: "|" in it parts patterns, not adapters. */
export const ADAPTER_OPTION: OptionalOption<readonly string[]> = optional(
  listOf(text(1), 1),
  "low-rank adapters that are trained beside weights that are not: lora, or lora:rank=8;alpha=16;target=PATTERN|PATTERN",
);

/**
 * Parses an adapter: "lora" or "lora:key=value;key=value", patterns joined with "|". In quotes "," does for ";".
 * @param parts What was typed, at its "|" in parts.
 * @throws {CliError} If it is of another form, or a value is not what it must be.
 * @example parseAdapter("onnx", ["lora:rank=4;target=*.query.*", "*.value.*"], LORA_OPTIONS)
 * // { rank: 4, target: ["*.query.*", "*.value.*"] }
 */
export function parseAdapter(
  model: string,
  parts: readonly string[] | undefined,
  schema: OptionSchema,
): LoraOptions | undefined {
  if (!parts) return undefined;
  const typed = parts.join("|");
  const subject = `${model}: adapter`;
  const [, kind = "", rest] = /^([^:]*)(?::(.*))?$/s.exec(typed) ?? [];
  if (kind !== "lora") throw new CliError(`${subject}: ${describeUnknownName("adapter", kind, ["lora"])}`);
  const given: Record<string, unknown> = {};
  for (const part of rest === undefined ? [] : rest.split(/[;,]/)) {
    const [, key, value] = /^([A-Za-z]\w*)=(.+)$/s.exec(part) ?? [];
    if (key === undefined || value === undefined) {
      throw new CliError(`${subject}: expected key=value, got ${describeValue(part)}`);
    }
    if (Object.hasOwn(given, key)) throw new CliError(`${subject}: ${key} is given twice`);
    const shape = Object.hasOwn(schema, key) ? schema[key]?.shape : undefined;
    given[key] = shape ? coerceText(shape, shape.kind === "list" ? value.split("|") : value) : value;
  }
  const problem = findOptionProblem(schema, given);
  if (problem !== undefined) throw new CliError(`${subject}: ${problem}`);
  return given;
}
