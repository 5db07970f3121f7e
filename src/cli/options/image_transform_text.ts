import { describeChoice, describeValue } from "../../core/errors/errors.ts";
import { type OptionalOption, type OptionSchema, optional } from "../../core/options/option_schema.ts";
import { listOf, text } from "../../core/options/value_rules.ts";
import {
  IMAGE_TRANSFORMS,
  type ImageTransform,
  resolveImageTransforms,
} from "../../data/transforms/images/image_transform.ts";
import { CliError, refuseAsTyped } from "../cli_error.ts";
import { coerceText } from "./option_text.ts";

const NAMES = Object.keys(IMAGE_TRANSFORMS);

/** An option that holds transforms of images, as it is typed. */
export function typeImageTransforms(help: string): OptionalOption<readonly string[]> {
  return optional(listOf(text(1), 1), `${help}, each NAME:key=value;key=value (${NAMES.join(", ")})`);
}

/**
 * Parses transforms of images: "NAME:key=value;key=value" each.
 * @param option For messages.
 * @throws {CliError} If there is no such transform, or an option has no such name or is out of range.
 * @example parseImageTransforms("transforms", ["random-resized-crop:size=224;minScale=0.3", "horizontal-flip"])
 */
export function parseImageTransforms(
  option: string,
  texts: readonly string[] | undefined,
): readonly ImageTransform[] | undefined {
  if (!texts) return undefined;
  const parsed = texts.map((typed, i) => parseTransform(`${option}[${i}]`, typed));
  refuseAsTyped(() => resolveImageTransforms(option, parsed));
  return parsed;
}

function parseTransform(subject: string, typed: string): ImageTransform {
  const [, kind = "", rest] = /^([a-z-]+)(?::(.*))?$/s.exec(typed) ?? [];
  const schema: OptionSchema | undefined = Object.entries(IMAGE_TRANSFORMS).find(([name]) => name === kind)?.[1];
  if (!schema) {
    const wanted = `${describeChoice(NAMES)}, with options as NAME:key=value;key=value`;
    throw new CliError(`${subject} must be ${wanted}, got ${describeValue(typed)}`);
  }
  const options = (rest === undefined ? [] : rest.split(";")).map((part) => {
    const [, key, value] = /^([A-Za-z]\w*)=(.+)$/s.exec(part) ?? [];
    if (key === undefined || value === undefined) {
      throw new CliError(`${subject}: expected key=value, got ${describeValue(part)}`);
    }
    const shape = Object.hasOwn(schema, key) ? schema[key]?.shape : undefined;
    return [key, shape ? coerceText(shape, value) : value] as const;
  });
  // What it holds is checked as that of code.
  return { kind, ...Object.fromEntries(options) } as unknown as ImageTransform;
}
