import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import type { ParameterLayout } from "../../core/parameter_layout.ts";
import { compilePattern } from "../../optimizers/parameter_groups.ts";
import type { ParameterRange } from "../shared/parameter_ranges.ts";

/** How many names a refusal lists. */
const MAX_NAMES = 12;

/** Where an adapter's parameters lie in a model's flat vector [P], by patterns of their names. */
export class AdapterPart {
  readonly #patterns: readonly string[];
  /** Of the layout that was asked for last. */
  #known: { readonly layout: ParameterLayout; readonly ranges: readonly ParameterRange[] } | undefined;

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns;
  }

  /**
   * Checks the patterns against the names of all that a model trains.
   * @param act What messages begin with.
   * @throws {RangeError} If a pattern fits none of them, or nothing is left for the classifier.
   */
  assertFits(act: string, names: readonly string[]): void {
    const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
    const known = `${names.slice(0, MAX_NAMES).join(", ")}${more}`;
    const lost = this.#patterns.find((pattern) => !names.some(compilePattern(pattern)));
    if (lost !== undefined) {
      const cure = "models from onnx:path=FILE,adapter=lora have adapters";
      throw new RangeRefusal(
        `${act}: parameters must match some of what the model trains, ${known}; got ${describeValue(lost)} (${cure})`,
      );
    }
    if (names.every((name) => this.#holds(name))) {
      throw new RangeRefusal(`${act}: parameters must leave some of ${known} to the classifier, got all`);
    }
  }

  /** `target` [P] ← the adapter's part of `source` [P]; the rest stays. */
  copy(layout: ParameterLayout, { source, target }: { readonly source: Float32Array; readonly target: Float32Array }) {
    for (const { start, end } of this.list(layout)) target.set(source.subarray(start, end), start);
  }

  /** The parts of the vector, in order. */
  list(layout: ParameterLayout): readonly ParameterRange[] {
    if (this.#known?.layout !== layout) {
      const own = layout.entries.filter(({ name }) => this.#holds(name));
      this.#known = { layout, ranges: own.map(({ offset, size }) => ({ start: offset, end: offset + size })) };
    }
    return this.#known.ranges;
  }

  #holds(name: string): boolean {
    return this.#patterns.some((pattern) => compilePattern(pattern)(name));
  }
}
