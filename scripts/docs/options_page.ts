import { describeOptions, type OptionDescription } from "../../src/cli/options/option_text.ts";
import { BENCHMARKS } from "../../src/cli/registries/benchmarks.ts";
import { CRITERIA } from "../../src/cli/registries/criteria.ts";
import { MODELS } from "../../src/cli/registries/models.ts";
import { OPTIMIZERS } from "../../src/cli/registries/optimizers.ts";
import type { OptionSchema } from "../../src/core/options/option_schema.ts";
import type { Method } from "../../src/methods/method.ts";
import { listMethods } from "../../src/methods/methods.ts";

/** Something that is made by name, as a command line lists it. */
interface Named {
  readonly name: string;
  readonly summary: string;
  readonly options: OptionSchema;
}

/** The page of everything that can be named on a command line, with its options: docs/options.md. */
export function formatOptionsPage(): string {
  const strategies = listMethods("strategy");
  const plugins = listMethods("plugin").filter((method) => !strategies.includes(method));
  return [
    "# Methods, benchmarks, models, optimizers and criteria",
    "",
    "Everything that a command line can name, with its options. A default stands in the column of that name; without one",
    "the option may be left out. Classes take the same options: `--strategy ewc:lambda=0.4` is `new EWC({ lambda: 0.4 })`.",
    "This page is written by `bun run docs` from the schemas of the options.",
    "",
    ...formatPart("Strategies", strategies.map(describeMethod)),
    ...formatPart("Plugins that are no strategies", plugins.map(describeMethod)),
    ...formatPart("Benchmarks", BENCHMARKS.factories),
    ...formatPart("Models", MODELS.factories),
    ...formatPart("Optimizers", OPTIMIZERS.factories),
    ...formatPart("Criteria", CRITERIA.factories),
  ].join("\n");
}

/** A method's summary says what it is used as, and whose it is. */
function describeMethod({ name, summary, paper, forms, options }: Method): Named {
  const isBoth = forms === undefined || forms.length === 2;
  const source = paper === undefined ? "" : ` ${linkPaper(paper)}.`;
  return { name, options, summary: `${summary}.${source}${isBoth ? " Also a plugin." : ""}` };
}

/** "Kirkpatrick et al. 2017, [arXiv:1612.00796](…)". */
function linkPaper(paper: string): string {
  return paper.replace(/arXiv:([\d.]+)/, "[arXiv:$1](https://arxiv.org/abs/$1)");
}

function formatPart(title: string, entries: readonly Named[]): string[] {
  return [`## ${title}`, "", ...entries.flatMap(formatEntry)];
}

function formatEntry({ name, summary, options }: Named): string[] {
  const rows = describeOptions(options).map(formatRow);
  const table = rows.length === 0 ? [] : ["| option | takes | default | |", "|---|---|---|---|", ...rows, ""];
  return [`### ${name}`, "", `${summary.charAt(0).toUpperCase()}${summary.slice(1)}`, "", ...table];
}

function formatRow(option: OptionDescription): string {
  const value = option.required
    ? "required"
    : option.default === undefined
      ? ""
      : `\`${formatDefault(option.default)}\``;
  return `| \`${option.name}\` | ${escapeCell(option.takes)} | ${value} | ${escapeCell(option.summary)} |`;
}

function formatDefault(value: unknown): string {
  return Array.isArray(value) ? value.join("\\|") : String(value);
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
