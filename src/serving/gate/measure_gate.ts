import { RangeRefusal } from "../../core/errors/errors.ts";
import { divideSamples, type SamplePart } from "../model_file/sample_parts.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import type { BatchTensor, ServedSession } from "../sessions/served_session.ts";
import { assertSetFits } from "./assert_set_fits.ts";
import type { GateAccuracy, GateSet } from "./gate_set.ts";

/**
 * The accuracy of a loaded model on the held samples of each experience up to its own.
 * @throws {RangeRefusal} If the samples do not fit the model, or it answers NaN or infinity.
 */
export async function measureGate(
  session: ServedSession,
  { file, sets }: { readonly file: ServedFile; readonly sets: readonly GateSet[] },
): Promise<readonly GateAccuracy[]> {
  const accuracies: GateAccuracy[] = [];
  for (const set of sets) {
    assertSetFits(set, file);
    const correct = await countCorrect(session, file, set);
    accuracies.push({ experience: set.experience, accuracy: correct / set.rows });
  }
  return accuracies;
}

async function countCorrect(session: ServedSession, file: ServedFile, set: GateSet): Promise<number> {
  const [output] = session.outputs;
  if (!output) throw new RangeRefusal("the model has no output");
  const columnOf = createColumnFinder(set, file.classNames);
  const { parts, rowLength } = divideSamples(file.inputs, file.metadata);
  let correct = 0;
  for (let start = 0; start < set.rows; start += session.capacity) {
    const rows = Math.min(session.capacity, set.rows - start);
    for (const input of session.inputs) {
      const part = parts.find(({ name }) => name === input.port.name);
      if (part) fillSamples(input, set, { part, rowLength, start, rows });
      else fillTaskLabels(input, set, { start, rows });
    }
    await session.run(rows);
    for (let row = 0; row < rows; row++) {
      if (findLargest(output, row) === columnOf(set.targets[start + row] ?? -1)) correct += 1;
    }
  }
  return correct;
}

/** A class that the model has no column for is answered by none. */
function createColumnFinder(
  { classNames }: GateSet,
  columns: readonly string[] | undefined,
): (target: number) => number {
  if (!classNames || !columns) return (target) => target;
  const found = new Map(columns.map((name, column) => [name, column]));
  return (target) => found.get(classNames[target] ?? "") ?? -1;
}

interface FilledRows {
  readonly part: SamplePart;
  /** Values of a sample. */
  readonly rowLength: number;
  readonly start: number;
  readonly rows: number;
}

/** Puts the part of each sample that an input takes into it. */
function fillSamples(input: BatchTensor, set: GateSet, { part, rowLength, start, rows }: FilledRows): void {
  const { rowLength: length } = part;
  for (let row = 0; row < rows; row++) {
    if ("fill" in part) {
      fillNumber(input, { number: part.fill, first: row * length, last: (row + 1) * length });
      continue;
    }
    const from = (start + row) * rowLength + part.from;
    putNumbers(input, set.samples.subarray(from, from + length), { at: row * length, set });
  }
}

function fillNumber(
  { values }: BatchTensor,
  { number, first, last }: { readonly number: number; readonly first: number; readonly last: number },
): void {
  if (values instanceof BigInt64Array) values.fill(BigInt(number), first, last);
  else values.fill(number, first, last);
}

/** @throws {RangeRefusal} If an input of whole numbers would take others. */
function putNumbers(
  { port, values }: BatchTensor,
  numbers: GateSet["samples"],
  { at, set }: { readonly at: number; readonly set: GateSet },
): void {
  if (values instanceof Float32Array) {
    values.set(numbers, at);
    return;
  }
  const wrong = numbers.find((number) => !Number.isInteger(number));
  if (wrong !== undefined) {
    const subject = `held samples of experience ${set.experience}`;
    throw new RangeRefusal(`${subject}: "${port.name}" takes whole numbers, got ${wrong}`);
  }
  if (values instanceof BigInt64Array) for (const [i, number] of numbers.entries()) values[at + i] = BigInt(number);
  else values.set(numbers, at);
}

function fillTaskLabels(
  { values }: BatchTensor,
  { taskLabels, experience }: GateSet,
  { start, rows }: { start: number; rows: number },
): void {
  if (!taskLabels || !(values instanceof BigInt64Array)) {
    throw new RangeRefusal(`held samples of experience ${experience} have no task labels, and the model takes them`);
  }
  for (let row = 0; row < rows; row++) values[row] = BigInt(taskLabels[start + row] ?? 0);
}

/** The column of a row's largest value, the first of equals. */
function findLargest({ port, values }: BatchTensor, row: number): number {
  const start = row * port.rowLength;
  let largest = 0;
  for (let column = 0; column < port.rowLength; column++) {
    const value = Number(values[start + column]);
    if (!Number.isFinite(value)) throw new RangeRefusal(`the model answers ${value} to a held sample`);
    if (value > Number(values[start + largest])) largest = column;
  }
  return largest;
}
