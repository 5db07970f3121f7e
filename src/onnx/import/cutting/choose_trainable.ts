import { RangeRefusal } from "../../../core/errors/errors.ts";
import type { WeightUse } from "../import_network.ts";

/**
 * Which weights are trained: all, none, those of the last COUNT operators that have weights ("last:3"), or those whose
 * names fit a pattern ("layer4.*", where * stands for anything).
 * @param subject What messages begin with: the file.
 * @throws {RangeError} If a choice fits no weight.
 */
export function chooseTrainable(weights: readonly WeightUse[], choices: readonly string[], subject: string): boolean[] {
  const matchers = choices.map((choice) => parseChoice(choice, weights, subject));
  for (const [i, isChosen] of matchers.entries()) {
    if (choices[i] === "none" || weights.some(isChosen)) continue;
    const names = weights.map(({ name }) => name);
    const shown = names.length > 8 ? [...names.slice(0, 4), "…", ...names.slice(-4)] : names;
    throw new RangeRefusal(`${subject}: trainable=${choices[i]} fits none of its weights: ${shown.join(", ")}`);
  }
  return weights.map((weight) => matchers.some((isChosen) => isChosen(weight)));
}

function parseChoice(choice: string, weights: readonly WeightUse[], subject: string): (weight: WeightUse) => boolean {
  if (choice === "all") return () => true;
  if (choice === "none") return () => false;
  const last = /^last:(.*)$/.exec(choice)?.[1];
  if (last === undefined) return ({ name }) => matchesPattern(name, choice);
  const count = Number(last);
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeRefusal(
      `${subject}: trainable=last:COUNT needs a whole number of at least 1, got ${JSON.stringify(last)}`,
    );
  }
  const nodes = [...new Set(weights.map(({ node }) => node))].slice(-count);
  return ({ node }) => nodes.includes(node);
}

/** Whether a name is that of a pattern, in which * stands for anything. */
export function matchesPattern(name: string, pattern: string): boolean {
  return new RegExp(`^${pattern.split("*").map(escapePattern).join(".*")}$`).test(name);
}

function escapePattern(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
}
