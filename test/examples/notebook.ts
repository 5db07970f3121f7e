import { readProjectFiles } from "../project/source_text.ts";

/** What a cell has printed or shown. */
export interface NotebookOutput {
  readonly output_type: string;
  readonly text?: readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A Jupyter notebook, as far as the tests look at it. */
export interface Notebook {
  readonly cells: readonly {
    readonly cell_type: string;
    readonly source: readonly string[];
    readonly outputs?: readonly NotebookOutput[];
  }[];
}

/** Where the training tutorial is, below the project's root. */
export const NOTEBOOK_PATH = "examples/training.ipynb";

/** The training tutorial. */
export function readNotebook(): Notebook {
  const [file] = readProjectFiles(["examples"], [".ipynb"]);
  return JSON.parse(file?.text ?? "");
}

/** All code cells as one module. */
export function joinCode({ cells }: Notebook): string {
  return cells
    .filter(({ cell_type }) => cell_type === "code")
    .map(({ source }) => source.join(""))
    .join("\n");
}
