import { elementAt, valueAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal, SyntaxRefusal } from "../../core/errors/errors.ts";
import { evaluateExport } from "../../onnx/export/evaluate_export.ts";
import type { Stream } from "../../streams/experience.ts";
import { evaluateNumbers, type NumbersEvaluation, readBatches } from "./evaluate_numbers.ts";

/** How an exported file does on a stream. */
export type ExportEvaluation = ClassEvaluation | NumbersEvaluation;

/** How a file that predicts classes does on a stream. */
interface ClassEvaluation {
  readonly examples: number;
  /** How many of them got the right class. */
  readonly correct: number;
  /** correct / examples */
  readonly streamAccuracy: number;
  /** Accuracy on each experience of the stream. */
  readonly testAccuracy: readonly number[];
}

/** What an exported file is evaluated on. */
export interface ExportEvaluationOptions {
  readonly stream: Stream;
  readonly batchSize: number;
  /** The label of each of the file's columns. Default: columns are the stream's class ids. */
  readonly classNames?: readonly string[] | undefined;
  /** What the file's columns are, where they are numbers. Default: the stream's targets. */
  readonly targetNames?: readonly string[] | undefined;
}

/**
 * Predicts a stream's classes by an exported file and counts the right ones: those whose label is the sample's own;
 * where targets are numbers, measures how far they are met. Only onnxruntime computes.
 * @throws {Error} If the file cannot be read or run on these samples, or has no column for one of their labels.
 */
export async function evaluateExportFile(
  path: string,
  { stream, batchSize, classNames, targetNames }: ExportEvaluationOptions,
): Promise<ExportEvaluation> {
  if (stream.at(0).dataset.targetForm.kind !== "classes") {
    return evaluateNumbers(path, { stream, batchSize, targetNames });
  }
  if (targetNames) throw new RangeRefusal(`${path} predicts ${describeValue(targetNames)}, and the data has class ids`);
  const columnOf = classNames ? findColumns(stream, classNames) : (id: number) => id;
  let examples = 0;
  let correct = 0;
  const testAccuracy: number[] = [];
  for (const { dataset } of stream) {
    const predictions = await evaluateExport(path, readBatches(dataset, batchSize));
    const right = predictions.reduce(
      (count, id, i) => count + (id === columnOf(elementAt(dataset.targets, i)) ? 1 : 0),
      0,
    );
    testAccuracy.push(right / dataset.length);
    examples += dataset.length;
    correct += right;
  }
  return { examples, correct, streamAccuracy: correct / examples, testAccuracy };
}

/** What an exported file says of the data that it takes; undefined where it says nothing. */
export interface ExportedNames {
  /** The label of each column of the outputs. */
  readonly classNames: readonly string[] | undefined;
  /** The labels of the data in the order in which they are numbered, where the columns stand for others. */
  readonly dataClassNames: readonly string[] | undefined;
  /** What each column is, where they are numbers to predict. */
  readonly targetNames: readonly string[] | undefined;
  /** The columns of a table in the order in which the file takes them. */
  readonly featureNames: readonly string[] | undefined;
  /** The experiences that the model has learnt, where they have names. */
  readonly trainedExperiences: readonly string[] | undefined;
}

/**
 * The names in an exported file's metadata.
 * @param path What messages begin with: the file.
 * @throws {SyntaxRefusal} If they are no lists of texts.
 */
export function parseExportedNames(path: string, metadata: Readonly<Record<string, string>>): ExportedNames {
  const parse = (key: string) => parseNames(`${path}: ${key}`, metadata[key]);
  return {
    classNames: parse("firn.class_names"),
    dataClassNames: parse("firn.data_class_names"),
    targetNames: parse("firn.target_names"),
    featureNames: parse("firn.feature_names"),
    trainedExperiences: parse("firn.trained_experiences"),
  };
}

function parseNames(subject: string, text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const names = parseJSON(text);
  if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  throw new SyntaxRefusal(`${subject} must be a list of texts as JSON, got ${describeValue(text)}`);
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The column that stands for each class id of the stream, by its label. */
function findColumns(stream: Stream, classNames: readonly string[]): (id: number) => number {
  const columns = new Map(classNames.map((name, column) => [name, column]));
  const found = new Map<number, number>();
  for (const { dataset } of stream) {
    for (const id of new Set(dataset.targets)) {
      const label = stream.labelNames?.classNames[id] ?? String(id);
      const column = columns.get(label);
      if (column === undefined) {
        const classes = describeValue(classNames);
        throw new RangeRefusal(
          `the model has no class ${describeValue(label)}, which is in the data: it has ${classes}`,
        );
      }
      found.set(id, column);
    }
  }
  return (id) => valueAt(found, id);
}
