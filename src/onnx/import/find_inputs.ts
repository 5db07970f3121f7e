import { describeUnknownName, RangeRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import type { ImportedNetwork, ImportedPart } from "./imported_network.ts";
import type { SourceValue } from "./onnx_source.ts";

/** What a network's inputs are found from. */
export interface InputSearch {
  /** What messages begin with: the file. */
  readonly subject: string;
  /** The shape of one sample, where the file leaves lengths open. */
  readonly sampleShape?: readonly number[] | undefined;
  /**
   * Of a file with several inputs: their names in the order in which a sample, one row of numbers, holds them; NAME=0
   * for one that is that number throughout, and that samples do not hold.
   */
  readonly inputs?: readonly string[] | undefined;
}

/** The name that a row of numbers has which several inputs are parts of. */
const ROW_NAME = "firn.samples";

/**
 * The input of a network, and its parts where the file has several.
 * @param found The file's inputs, without those that are weights.
 * @throws {RangeError} If there is none, their lengths stay unknown, or some are not named.
 */
export function findInputs(
  found: readonly SourceValue[],
  search: InputSearch,
): Pick<ImportedNetwork, "input"> & { readonly parts?: ImportedPart[] } {
  const { subject, inputs: chosen } = search;
  const [only, ...others] = found;
  if (!only) throw new RangeRefusal(`${subject} must have an input of samples, got none`);
  if (others.length === 0 && !chosen) return { input: readInput(only, search) };
  const names = found.map(({ name }) => name);
  if (!chosen) {
    throw new RangeRefusal(
      `${subject} has several inputs: give inputs=${names.join("|")}, in the order in which samples hold them`,
    );
  }
  const choices = chosen.map((choice) => parseChoice(choice, subject));
  const unknown = choices.find(({ name }) => !names.includes(name));
  if (unknown) throw new RangeRefusal(`${subject}: ${describeUnknownName("input", unknown.name, names)}`);
  const missing = names.filter((name) => choices.filter((choice) => choice.name === name).length !== 1);
  if (missing.length > 0) throw new RangeRefusal(`${subject}: inputs must name ${missing.join(" and ")}, once`);
  return readParts(
    choices.map((choice) => ({ choice, source: found.find(({ name }) => name === choice.name) ?? only })),
    search,
  );
}

function readInput(
  { name, shape: declared }: SourceValue,
  { subject, sampleShape }: InputSearch,
): ImportedNetwork["input"] {
  const lengths = declared?.slice(1) ?? sampleShape;
  if (!lengths) throw new RangeRefusal(`${subject} does not say the shape of its input ${name}: give inputShape`);
  const shape = lengths.map((length, axis) => {
    const known = typeof length === "number" ? length : sampleShape?.[axis];
    if (known !== undefined) return known;
    throw new RangeRefusal(`${subject} leaves ${length} of its input ${name} open: give inputShape`);
  });
  return { name, shape };
}

interface Choice {
  readonly name: string;
  /** Undefined where samples hold the values. */
  readonly fill: number | undefined;
}

function parseChoice(choice: string, subject: string): Choice {
  const [, name = choice, number] = /^(.*)=([^=]*)$/.exec(choice) ?? [];
  if (number === undefined) return { name, fill: undefined };
  const fill = Number(number);
  if (number.trim() !== "" && Number.isFinite(fill)) return { name, fill };
  throw new RangeRefusal(`${subject}: inputs needs NAME or NAME=NUMBER, got ${JSON.stringify(choice)}`);
}

/** All lengths that are left open are one: as many numbers as a sample has for it. */
function readParts(
  chosen: readonly { readonly choice: Choice; readonly source: SourceValue }[],
  { subject, sampleShape }: InputSearch,
): { readonly input: ImportedNetwork["input"]; readonly parts: ImportedPart[] } {
  const held = chosen
    .filter(({ choice }) => choice.fill === undefined)
    .map(({ source }) => listLengths(source, subject));
  if (held.length === 0) throw new RangeRefusal(`${subject}: inputs must name one that samples hold`);
  const fixed = held.filter((lengths) => !lengths.includes(undefined));
  const open = held.filter((lengths) => lengths.includes(undefined));
  const multiply = (lengths: readonly (number | undefined)[]) => countElements(lengths.map((length) => length ?? 1));
  const total = sampleShape && countElements(sampleShape);
  const ofFixed = fixed.reduce((sum, lengths) => sum + multiply(lengths), 0);
  const ofOpen = open.reduce((sum, lengths) => sum + multiply(lengths), 0);
  if (total === undefined && ofOpen > 0) {
    throw new RangeRefusal(`${subject} leaves a length of its inputs open: give inputShape`);
  }
  const length = ofOpen === 0 ? 1 : ((total ?? 0) - ofFixed) / ofOpen;
  const size = ofFixed + ofOpen * length;
  if (!Number.isInteger(length) || length < 1 || (total !== undefined && size !== total)) {
    const names = chosen.filter(({ choice }) => choice.fill === undefined).map(({ choice }) => choice.name);
    throw new RangeRefusal(`${subject}: samples of ${total} numbers cannot be ${names.join(" and ")}`);
  }
  const parts = chosen.map(({ choice: { name, fill }, source }): ImportedPart => {
    const shape = listLengths(source, subject).map((known) => known ?? length);
    const isInteger = source.dataType !== undefined && !source.dataType.startsWith("float");
    return { name, shape, isInteger, ...(fill === undefined ? {} : { fill }) };
  });
  return { input: { name: ROW_NAME, shape: [size] }, parts };
}

/** The lengths of one sample's part, undefined for one that is left open. */
function listLengths({ name, shape }: SourceValue, subject: string): (number | undefined)[] {
  if (!shape) throw new RangeRefusal(`${subject} does not say the shape of its input ${name}`);
  const lengths = shape.slice(1).map((length) => (typeof length === "number" ? length : undefined));
  if (lengths.filter((length) => length === undefined).length < 2) return lengths;
  throw new RangeRefusal(`${subject} leaves several lengths of its input ${name} open: export it with one at most`);
}
