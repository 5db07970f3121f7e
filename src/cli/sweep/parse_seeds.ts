import { describeValue } from "../../core/errors/errors.ts";
import { CliError } from "../cli_error.ts";

/** More seeds than this are a mistake. */
const MAX_SEEDS = 1000;

/**
 * Parses seeds: "3", a range "0..4" with both ends, or parts of these joined with "|".
 * @throws {CliError} If the text is of another form, a range goes down, or a seed comes twice.
 * @example parseSeeds("0..2|7") // [0, 1, 2, 7]
 */
export function parseSeeds(text: string): readonly number[] {
  const seeds = text.split("|").flatMap((part) => {
    const [, first, last = first] = /^(\d{1,15})(?:\.\.(\d{1,15}))?$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || to < from) {
      throw new CliError(`--seeds must be a range such as 0..4 or a list such as 0|2|7, got ${describeValue(text)}`);
    }
    if (to - from >= MAX_SEEDS) throw new CliError(`--seeds must be at most ${MAX_SEEDS} seeds, got ${text}`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  const twice = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
  if (twice !== undefined) throw new CliError(`--seeds must name each seed once, got ${twice} twice`);
  return seeds;
}
