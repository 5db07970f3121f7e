import type { MeasuredResult } from "./measured_result.ts";
import type { PublishedResult } from "./published_result.ts";

/** "reached" where the mean is no further below the published accuracy than its tolerance. */
export function judge({ published, tolerance }: PublishedResult, accuracies: readonly number[]): string {
  const difference = meanOf(accuracies) - published;
  if (difference > tolerance) return "above";
  return difference >= -tolerance ? "reached" : "below";
}

/** docs/results.md: a table of what was measured, and the commands that measured it. */
export function formatResults(published: readonly PublishedResult[], measured: readonly MeasuredResult[]): string {
  const rows = published.map((result) =>
    formatRow(
      result,
      measured.find(({ name }) => name === result.name),
    ),
  );
  const commands = published.map(({ name, words, source, departure }) => {
    const note = departure === "" ? "" : ` Departure: ${departure}.`;
    const command = `\`\`\`sh\nbun run train ${words.map(quote).join(" ")} --seed N\n\`\`\``;
    return `### ${name}\n\n${command}\n\nSource: ${source}.${note}\n`;
  });
  return `# Published results

\`bun run reproduce\` writes this page, from a [sweep](experiments.md) of all runs with all seeds. \`bun run reproduce NAME\` measures one again, and
\`--runs FOLDER\` goes on with one that was stopped. The figures are the accuracy on the whole test
stream after the last experience, on MNIST. Published figures come from ContinualAI's continual-learning-baselines, which use Avalanche,
or from papers; the source of each run is named below. A result is reached if the mean is not below the published figure by more than
the tolerance. The tolerance is the one of the baselines' own tests. For papers it is .03, if the source does not say otherwise.

| run | mean | spread | seeds | published | tolerance | verdict | s a run |
|---|---|---|---|---|---|---|---|
${rows.join("\n")}

Spread is the sample standard deviation over the seeds 0, 1, … Seconds are wall time, or processor time for runs without workers that
shared the machine.

## Commands

${commands.join("\n")}`;
}

function formatRow(result: PublishedResult, measured: MeasuredResult | undefined): string {
  const published = `${result.published} | ${result.tolerance}`;
  if (!measured) return `| ${result.name} | | | | ${published} | not measured yet | |`;
  const { accuracies, secondsPerRun } = measured;
  const numbers = [meanOf(accuracies).toFixed(4), formatSpread(accuracies), accuracies.length].join(" | ");
  return `| ${result.name} | ${numbers} | ${published} | ${judge(result, accuracies)} | ${Math.round(secondsPerRun)} |`;
}

function formatSpread(values: readonly number[]): string {
  if (values.length < 2) return "";
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1)).toFixed(4);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function quote(word: string): string {
  return /^[\w./=:@,-]+$/.test(word) ? word : `'${word}'`;
}
