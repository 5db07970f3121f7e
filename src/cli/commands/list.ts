import type { Command } from "commander";
import { formatJSON } from "../../core/errors/printable.ts";
import type { CliContext } from "../cli_context.ts";
import { formatTable } from "../format_table.ts";
import {
  describeFactory,
  describeRegistry,
  loadFactory,
  type Registry,
  type RegistryEntry,
} from "../options/named_factory.ts";
import { parseNamed } from "../options/parse_named.ts";

/** A registry as a command shows it. */
interface Listing<Context, Made> {
  readonly name: string;
  /** The option of train that takes its names. */
  readonly option: string;
  readonly load: () => Promise<Registry<Context, Made>>;
  /** What to choose first; stands below the whole list and in the help. */
  readonly advice?: string;
}

/** Adds a command that lists a registry, or those of it that are named: options, what they take, defaults. */
export function addListCommand<Context, Made>(
  program: Command,
  { stdout }: CliContext,
  { name, option, load, advice = "" }: Listing<Context, Made>,
): void {
  program
    .command(name)
    .description(`list what ${option} can name, with options and defaults`)
    .argument("[names...]", "list these alone; path=FILE is a module of yours")
    .option("--json", "print JSON", false)
    .addHelpText("after", advice)
    .action(async (names: readonly string[], { json }: { json: boolean }) => {
      const registry = await load();
      const chosen = await Promise.all(names.map((text) => loadFactory(registry, parseNamed(text))));
      const entries = chosen.length > 0 ? chosen.map(describeFactory) : describeRegistry(registry);
      if (json) stdout.write(formatJSON(entries, 2));
      else stdout.write(`${formatEntries(entries)}${chosen.length > 0 ? "" : advice}`);
    });
}

/** The entries for people, one paragraph each. */
function formatEntries(entries: readonly RegistryEntry[]): string {
  return entries
    .map(({ name, summary, options }) => {
      const rows = options.map((option) => [
        `  ${option.name}`,
        option.required ? "required" : formatDefault(option.default),
        option.takes,
        option.summary,
      ]);
      return `${name}: ${summary}\n${formatTable(rows)}`;
    })
    .join("\n");
}

function formatDefault(value: unknown): string {
  if (value === undefined) return "";
  return `= ${Array.isArray(value) ? value.join("|") : String(value)}`;
}
