import { isDeepStrictEqual } from "node:util";
import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import { describeTargetForm, type TargetForm } from "../../data/float_targets.ts";
import type { Experience } from "../../streams/experience.ts";

/** What the numbers of one kind stand for. */
export interface SavedNames {
  readonly names: readonly string[];
  /** True where some of them came without names. */
  readonly areNumbers: boolean;
}

/** What a strategy knows of its labels, as plain data. */
export interface SavedLabels {
  readonly classes: SavedNames;
  readonly tasks: SavedNames;
  /** What the outputs stand for where targets are numbers. */
  readonly targets?: TargetForm | undefined;
}

/**
 * Sees to it that one number never stands for two labels: each benchmark numbers its labels by itself, and an output
 * that was trained on one label must not be measured on another. A number without a name is its own label. The same
 * holds for the columns of targets that are numbers.
 */
export class LabelGuard {
  readonly #classes = new NumberedNames("class id");
  readonly #tasks = new NumberedNames("task label");
  #targets: TargetForm | undefined;

  /** The label of each class id, as far as streams have said; empty where class ids stand for themselves. */
  get classNames(): readonly string[] {
    return this.#classes.names;
  }

  /** What the outputs stand for; undefined until samples have come. */
  get targets(): TargetForm | undefined {
    return this.#targets;
  }

  /** What `restore` needs to know the same labels. */
  save(): SavedLabels {
    const isNumbers = this.#targets !== undefined && this.#targets.kind !== "classes";
    return {
      classes: this.#classes.save(),
      tasks: this.#tasks.save(),
      ...(isNumbers ? { targets: this.#targets } : {}),
    };
  }

  /** Goes on from what `save` gave. */
  restore({ classes, tasks, targets }: SavedLabels): void {
    this.#classes.restore(classes);
    this.#tasks.restore(tasks);
    this.#targets = targets;
  }

  /**
   * @throws {RangeRefusal} If class ids, task labels or columns of targets of this experience stand for something else
   *   than before.
   */
  admit({ originStream: { name, labelNames }, dataset }: Experience): void {
    this.#classes.admit(labelNames?.classNames, name);
    this.#tasks.admit(labelNames?.taskNames, name);
    if (dataset.length > 0) this.#admitTargets(dataset.targetForm, name);
  }

  #admitTargets({ kind, width, names }: TargetForm, stream: string): void {
    const known = this.#targets;
    this.#targets ??= names ? { kind, width, names } : { kind, width };
    if (!known || (known.kind === kind && isDeepStrictEqual(known.names, names))) return;
    const found = `targets are ${describeColumns({ kind, width, names })} in the stream ${describeValue(stream)}`;
    throw new RangeRefusal(`${found} and were ${describeColumns(known)} in what this strategy saw before`);
  }
}

function describeColumns(form: TargetForm): string {
  return `${describeTargetForm(form)}${form.names ? ` (${form.names.join(", ")})` : ""}`;
}

class NumberedNames {
  readonly #kind: string;
  /** The longest list so far. */
  #names: readonly string[] = [];
  /** True once an experience came whose numbers are their own labels. */
  #areNumbers = false;

  constructor(kind: string) {
    this.#kind = kind;
  }

  get names(): readonly string[] {
    return this.#names;
  }

  save(): SavedNames {
    return { names: this.#names, areNumbers: this.#areNumbers };
  }

  restore({ names, areNumbers }: SavedNames): void {
    this.#names = names;
    this.#areNumbers = areNumbers;
  }

  admit(names: readonly string[] | undefined, stream: string): void {
    if (names ? names === this.#names : this.#areNumbers) return;
    for (let id = 0; id < Math.max(this.#names.length, names?.length ?? 0); id++) {
      const known = this.#names[id] ?? (this.#areNumbers ? String(id) : undefined);
      const name = names ? names[id] : String(id);
      if (known === undefined || name === undefined || known === name) continue;
      const found = `the ${this.#kind} ${id} stands for ${describeValue(name)} in the stream ${describeValue(stream)}`;
      const before = `and for ${describeValue(known)} in what this strategy saw before`;
      throw new RangeRefusal(`${found} ${before}; make both benchmarks with the same numClasses or classNames`);
    }
    if (!names) this.#areNumbers = true;
    else if (names.length > this.#names.length) this.#names = names;
  }
}
