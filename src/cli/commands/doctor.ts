import type { Command } from "commander";
import { formatJSON } from "../../core/errors/printable.ts";
import type { CliContext } from "../cli_context.ts";
import type { Finding } from "../doctor/finding.ts";
import { formatTable } from "../format_table.ts";

/** Adds the command that says what this machine has. It succeeds whatever is missing. */
export function addDoctorCommand(program: Command, { stdout }: CliContext): void {
  program
    .command("doctor")
    .description(
      "say what this machine has: runtimes, engines, devices, MPI, decoders, data sets, and what installs the rest",
    )
    .option("--json", "print JSON", false)
    .action(async ({ json }: { json: boolean }) => {
      const findings = await examineMachine();
      stdout.write(json ? formatJSON(findings, 2) : formatFindings(findings));
    });
}

async function examineMachine(): Promise<Finding[]> {
  // Engines take longest: their processes start before the other modules are loaded.
  const { findEngines } = await import("../doctor/find_engines.ts");
  const engines = findEngines();
  const { findDevices, findMachine, findRuntimes } = await import("../doctor/find_machine.ts");
  const { findProcesses } = await import("../doctor/find_processes.ts");
  const { findMpi } = await import("../doctor/find_ranks.ts");
  const { findDecoders } = await import("../doctor/find_decoders.ts");
  const { findDataSets } = await import("../doctor/find_data_sets.ts");
  const groups = [
    findRuntimes(),
    findMachine(),
    findProcesses(),
    engines,
    findDevices(),
    findMpi(),
    findDecoders(),
    findDataSets(),
  ];
  return (await Promise.all(groups)).flat();
}

/** One line a finding, and below what is missing the line that installs it. */
export function formatFindings(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ group, name, isThere, detail, install }) => [
    [group, name, isThere ? "yes" : "no", detail],
    ...(install === undefined ? [] : [["", "", "", `install: ${install}`]]),
  ]);
  return formatTable(rows);
}
