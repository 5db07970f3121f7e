/** A part of the library that can be imported by itself, in the order in which a reader needs them. */
export interface Part {
  /** "metrics": imported as "firn/metrics", from src/metrics.ts. */
  readonly name: string;
  readonly title: string;
  /** True where "firn" does not export it too. */
  readonly isApart?: true;
}

/** All parts. */
export const PARTS: readonly Part[] = [
  { name: "strategies", title: "Train with a ready method" },
  { name: "plugins", title: "Add a method to any strategy" },
  { name: "training", title: "Write plugins and strategies" },
  { name: "options", title: "Declare options", isApart: true },
  { name: "state", title: "Keep state in checkpoints", isApart: true },
  { name: "benchmarks", title: "Make streams of experiences" },
  { name: "data", title: "Make data sets" },
  { name: "memory", title: "Remember samples" },
  { name: "models", title: "Build models" },
  { name: "optimizers", title: "Choose an optimizer" },
  { name: "losses", title: "Choose a loss" },
  { name: "metrics", title: "Measure" },
  { name: "loggers", title: "Log" },
  { name: "runs", title: "Run, resume and report" },
  { name: "onnx", title: "Use exported models" },
  { name: "serving", title: "Serve models" },
];

/** What is exported, with the first sentence of its comment. */
export interface Entry {
  readonly name: string;
  /** True where it cannot be used as a value. */
  readonly isType: boolean;
  readonly sentence: string;
}

/** The page that lists what is exported by task: docs/api.md. */
export function formatApiPage(entries: ReadonlyMap<string, readonly Entry[]>): string {
  const parts = PARTS.map((part) => formatPart(part, entries.get(part.name) ?? []));
  return `# API reference

What the library exports, by task. \`firn\` exports all of it except \`firn/options\` and \`firn/state\`. Each part can also be imported by itself, which loads less.
\`npm run docs\` writes the full reference, with options and types, as HTML into \`docs/api\`, and this page.

${PARTS.map(({ title }) => `- [${title}](#${title.toLowerCase().replaceAll(",", "").replaceAll(" ", "-")})`).join("\n")}

${parts.join("\n")}`;
}

function formatPart({ name, title, isApart }: Part, entries: readonly Entry[]): string {
  const values = entries.filter(({ isType }) => !isType);
  const types = entries.filter(({ isType }) => isType);
  const example = values[0] ?? entries[0];
  const lines = [
    `## ${title}`,
    "",
    "```ts",
    `import { ${example?.name ?? ""} } from "firn/${name}";${isApart ? "" : ' // or from "firn"'}`,
    "```",
    "",
    ...(values.length > 0 ? ["| | |", "|---|---|"] : []),
    ...values.map((entry) => `| \`${entry.name}\` | ${escapeCell(entry.sentence)} |`),
    ...(values.length > 0 ? [""] : []),
    ...(types.length > 0 ? [`Types: ${types.map((entry) => `\`${entry.name}\``).join(", ")}.`, ""] : []),
  ];
  return lines.join("\n");
}

/** Text for a cell of a table: what Markdown would read as formatting is escaped, except in `code`. */
function escapeCell(text: string): string {
  return text.replace(/`[^`]*`|[*_<|]/g, (part) => (part.startsWith("`") ? part.replaceAll("|", "\\|") : `\\${part}`));
}

/** The names that the text of a module exports as types: `export type { A }`, `export { type B }`. */
export function listTypeNames(text: string): Set<string> {
  const lists = [...text.matchAll(/^export (type )?\{([^}]*)\}/gm)];
  const words = lists.flatMap(({ 1: isAll, 2: list = "" }) =>
    list.split(",").filter((word) => isAll || /^\s*type /.test(word)),
  );
  return new Set(words.flatMap((word) => /(\w+)\s*$/.exec(word)?.[1] ?? []));
}

/** The first sentence of a comment on one line, or the first two where the first is a name alone. */
export function takeFirstSentence(comment: string): string {
  const [paragraph = ""] = comment.trim().split(/\n\s*\n/);
  const line = paragraph.replace(/\s*\n\s*/g, " ").replace(/\{@link ([^}]*)\}/g, "`$1`");
  const [first = line, second] = line.split(/(?<=(?<!\b(?:al|e\.g|i\.e|vs|cf))\.)\s+/);
  const isName = first.split(" ").length < 2 && second !== undefined;
  return (isName ? `${first} ${second}` : first).replace(/:$/, ".");
}
