import { describeValue } from "../../core/errors/errors.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { isWholeNumber } from "./encode_npy.ts";

const MAX_LABEL_LENGTH = 256;

/** Labels by name, and those among them that the model has no class for. */
export interface NamedLabels {
  /** One for each row. */
  readonly labels: readonly string[];
  readonly newClasses: readonly string[];
}

/**
 * Labels as somebody sent them: names of classes or numbers. A number is a column of the outputs where the classes have
 * names, and its own name where those are numbers. A name that no class has is a new class, if the classes have names.
 * @throws {ProtocolError} 400 if they are no list of them, or a class cannot be.
 */
export function readLabels(value: unknown, file: ServedFile): NamedLabels {
  if (!Array.isArray(value) || value.length === 0) {
    throw wrong(`labels must be a list of class names or numbers, one for each row, got ${describeValue(value)}`);
  }
  const labels = value.map((label: unknown) => nameLabel(label, file));
  const known = new Set(file.classNames ?? labels);
  return { labels, newClasses: [...new Set(labels)].filter((label) => !known.has(label)) };
}

function nameLabel(label: unknown, { classNames, outputs: [output] }: ServedFile): string {
  if (typeof label === "string") assertName(label);
  else if (!Number.isSafeInteger(label)) {
    throw wrong(`a label must be the name of a class or a whole number, got ${describeValue(label)}`);
  }
  const text = String(label);
  if (!output) return text;
  if (classNames) {
    if (typeof label === "string" || classNames.every(isWholeNumber)) return text;
    const name = classNames[Number(label)];
    if (name !== undefined) return name;
    throw wrong(
      `a number stands for a column, from 0 to ${classNames.length - 1}, got ${text}: give new classes by name`,
    );
  }
  const isColumn = typeof label === "number" && label >= 0 && label < output.rowLength;
  if (isColumn) return text;
  throw wrong(
    `the model has no class names: a label must be from 0 to ${output.rowLength - 1}, got ${describeValue(label)}`,
  );
}

/** @throws {ProtocolError} 400 if no class can be called so: the name stands in files and in lines of the terminal. */
function assertName(name: string): void {
  if (name.length > MAX_LABEL_LENGTH)
    throw wrong(`the name of a class may have ${MAX_LABEL_LENGTH} characters at the most`);
  if (name.trim() === "" || /\p{Cc}|\p{Cs}/u.test(name)) {
    throw wrong(`the name of a class must be text without control characters, got ${describeValue(name)}`);
  }
}

function wrong(message: string): ProtocolError {
  return new ProtocolError(400, message);
}
