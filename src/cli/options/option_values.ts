import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { type Bounds, describeBounds, describeValue, findNumberFault } from "../../core/errors/errors.ts";
import { CliError } from "../cli_error.ts";

/** Makes the parser of an option that is a whole number of at least `minimum`. */
export function createWholeNumberParser(option: string, minimum: number, maximum?: number): (text: string) => number {
  const limit = maximum === undefined ? "" : ` and at most ${maximum}`;
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= minimum && value <= (maximum ?? value)) return value;
    throw new CliError(`${option} must be a whole number of at least ${minimum}${limit}, got ${describeTyped(text)}`);
  };
}

const UNITS: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** Makes the parser of an option that is an amount of memory: "512MiB", "4GiB"; in bytes. */
export function createSizeParser(option: string): (text: string) => number {
  return (text) => {
    const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)(KiB|MiB|GiB)$/.exec(text) ?? [];
    const bytes = Math.floor(Number(number) * (UNITS[unit] ?? 0));
    if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
    throw new CliError(`${option} must be an amount of memory such as 512MiB or 4GiB, got ${describeTyped(text)}`);
  };
}

/** Where features of frozen layers are kept: a number of bytes of memory, or a folder. */
export type FeatureCache = number | string;

/** Parses where features are kept: "2GiB", "0", or a folder. */
export function parseFeatureCache(text: string): FeatureCache {
  if (text === "0") return 0;
  const option = "--feature-cache";
  // A folder of such a name can be written ./2048.
  if (/^[-+.]?\d/.test(text) && !text.includes("/")) return createSizeParser(option)(text);
  if (text !== "") return text;
  throw new CliError(`${option} must be an amount of memory such as 2GiB, 0, or a folder, got ${describeTyped(text)}`);
}

/** What options that are paths have for their value in help. */
const PATH_VALUE = /[<[](folder|file|place|journal)[>\]]$/;

/**
 * Makes the options of a command, and of those below it, refuse a path that begins with "-": it is the next option,
 * where the value was forgotten.
 */
export function refusePathsLikeOptions(command: Command): void {
  for (const option of command.options) {
    if (!PATH_VALUE.test(option.flags)) continue;
    const parse = option.parseArg;
    option.argParser((text: string, earlier: unknown) => {
      if (!text.startsWith("-")) return parse ? parse(text, earlier) : text;
      const name = option.long ?? option.flags;
      throw new CliError(`${name} must be a path, got ${describeValue(text)} (a name that begins so is ./${text})`);
    });
  }
  for (const below of command.commands) refusePathsLikeOptions(below);
}

/** Makes the parser of an option that is a number within bounds. */
export function createNumberParser(option: string, bounds: Bounds): (text: string) => number {
  return (text) => {
    const value = /^\d*\.?\d+(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    const wanted = findNumberFault(value, bounds);
    if (wanted === undefined) return value;
    throw new CliError(`${option} must be a number ${describeBounds(bounds)}, got ${describeTyped(text)}`);
  };
}

/** Numbers as they are, other texts in quotes. */
function describeTyped(text: string): string {
  return /^-?\d{1,20}(\.\d{1,20})?$/.test(text) ? text : describeValue(text);
}

/** Adds a value of an option that may be given several times. */
export function collectValues(text: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, text];
}

/** The default number of replicas: one a device, or one a core where all is done by the CPU. */
export function countDefaultWorkers(devices: readonly string[]): number {
  return devices.every((device) => device === "cpu") ? availableParallelism() : devices.length;
}
