import type { Command } from "commander";
import { formatJSON } from "../../core/printable.ts";
import type { CliContext } from "../cli_context.ts";
import { formatTable } from "../format_table.ts";
import { describeRegistry, type Registry, type RegistryEntry } from "../named_factory.ts";

/** Adds a command that lists a registry: names, options, what they take, defaults. */
export function addListCommand<Context, Made>(
  program: Command,
  { stdout }: CliContext,
  { name, option, load }: { name: string; option: string; load: () => Promise<Registry<Context, Made>> },
): void {
  program
    .command(name)
    .description(`list what ${option} can name, with options and defaults`)
    .option("--json", "print JSON", false)
    .action(async ({ json }: { json: boolean }) => {
      const entries = describeRegistry(await load());
      stdout.write(json ? formatJSON(entries, 2) : formatEntries(entries));
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
