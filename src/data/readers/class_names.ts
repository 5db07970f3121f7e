import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import { compareNaturally } from "../../core/natural_order.ts";
import { assertClassCount, type LabelTable } from "./label_table.ts";

/** Labels of one file or folder. */
export interface NamedLabels {
  /** The file or folder they come from, for messages. */
  readonly path: string;
  readonly labels: LabelTable;
}

/** Which output of a model stands for which label. */
export interface ClassNumbering {
  /** The label of each class id. */
  readonly classNames: readonly string[];
  /** Class ids of the parts, [rows] each. */
  readonly classIds: readonly Int32Array[];
}

/** Labels of ids that are settled already. */
export interface KnownClasses {
  /** The labels of the ids 0, 1, 2 …; "classNames" in messages. Default: none is settled. */
  readonly classNames?: readonly string[] | undefined;
  /** True gives other labels the ids that follow. Default: false, which refuses them where labels are settled. */
  readonly addClasses?: boolean | undefined;
}

/**
 * Numbers classes: the ids 0, 1, 2 … stand for the labels that occur anywhere, numbers ascending, names in natural
 * order. Where all labels are decimal numbers they are compared by value: "0" and "0.0" are one class.
 * @throws {RangeRefusal} If there are too many labels, one is not among those settled, or those have one twice.
 */
export function numberClasses(
  parts: readonly NamedLabels[],
  { classNames: known, addClasses = false }: KnownClasses = {},
): ClassNumbering {
  const occurring = known && !addClasses ? [] : [...new Set(parts.flatMap(({ labels }) => labels.names))];
  const areNumbers = [...(known ?? []), ...occurring].every(isNumber);
  const normalize = (label: string) => (areNumbers && isNumber(label) ? String(Number(label)) : label);
  const settled = (known ?? []).map(normalize);
  const others = new Set(occurring.map(normalize)).difference(new Set(settled));
  const found = [...settled, ...sortNames([...others], areNumbers)];
  const classNames = assertClassCount(found, "the data");
  const idOf = new Map(classNames.map((name, id) => [name, id]));
  if (idOf.size < classNames.length) {
    const twice = classNames.find((name, id) => idOf.get(name) !== id);
    throw new RangeRefusal(`classNames must be different, got ${describeValue(twice)} twice`);
  }
  const classIds = parts.map(({ path, labels }) => {
    const ids = labels.names.map((label) => idOf.get(normalize(label)) ?? refuseLabel(path, label, classNames));
    return labels.places.map((place) => elementAt(ids, place));
  });
  return { classNames, classIds };
}

/**
 * The class ids of a list of labels.
 * @param subject What messages begin with: the option.
 * @throws {RangeRefusal} If a label is none of the classes.
 */
export function findClassIds(
  subject: string,
  labels: readonly (string | number)[],
  classNames: readonly string[],
): number[] {
  return labels.map((label) => {
    const id = classNames.indexOf(String(label));
    if (id >= 0) return id;
    // "007" typed in a list has become a number on its way.
    const sameValue = classNames.findIndex((name) => isNumber(name) && Number(name) === Number(label));
    return sameValue >= 0 ? sameValue : refuseLabel(subject, String(label), classNames);
  });
}

/** True where the label of class id i is the number i. */
export function areClassIds(classNames: readonly string[]): boolean {
  return classNames.every((name, id) => name === String(id));
}

/** The labels of `count` classes that have no names but their ids. */
export function nameByIds(count: number): string[] {
  return Array.from({ length: count }, (_, id) => String(id));
}

/** A decimal number that no other of at most 15 digits equals as a double. */
function isNumber(label: string): boolean {
  const [, digits] = /^[+-]?(\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?$/.exec(label) ?? [];
  return digits !== undefined && digits.replace(".", "").replace(/^0+/, "").length <= 15;
}

function sortNames(names: readonly string[], areNumbers: boolean): string[] {
  return areNumbers ? names.toSorted((a, b) => Number(a) - Number(b)) : names.toSorted(compareNaturally);
}

function refuseLabel(subject: string, label: string, classNames: readonly string[]): never {
  throw new RangeRefusal(
    `${subject}: the class must be one of ${describeValue(classNames)}, got ${describeValue(label)}`,
  );
}
