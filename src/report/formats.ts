import type { MeanAndDeviation } from "../core/mean_and_deviation.ts";

/** A share in percent with one digit: "97.3 %"; a dash where it was not measured. */
export function formatPercent(share: number | undefined): string {
  return share === undefined || Number.isNaN(share) ? "–" : `${spell((share * 100).toFixed(1))} %`;
}

/** The mean of shares with their deviation: "97.3 ± 0.4 %"; the mean alone of a single one. */
export function formatMeanPercent({ mean, deviation }: MeanAndDeviation): string {
  if (Number.isNaN(mean) || Number.isNaN(deviation)) return formatPercent(mean);
  return `${spell((mean * 100).toFixed(1))} ± ${(deviation * 100).toFixed(1)} %`;
}

/** Forgetting in percent; where it is below 0, with the word that says what that is: "−24.4 % (a gain)". */
export function formatForgetting(share: number | undefined): string {
  return tellGain(formatPercent(share));
}

/** The same with the deviation of several. */
export function formatMeanForgetting(forgetting: MeanAndDeviation): string {
  return tellGain(formatMeanPercent(forgetting));
}

function tellGain(text: string): string {
  return text.startsWith("−") ? `${text} (a gain)` : text;
}

/** How far outputs lie apart: "3.6e-7", "none" where they are equal, a dash where it was not measured. */
export function formatDifference(difference: number): string {
  if (Number.isNaN(difference)) return "–";
  return difference === 0 ? "none" : difference.toExponential(1);
}

/** Seconds: "0.42 s", "12 s", "3 min 05 s". */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, "0")} min`;
  return `${minutes} min ${String(rest).padStart(2, "0")} s`;
}

/** A whole number with its thousands apart: "12,665". */
export function formatCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** Bytes: "812 B", "1.6 MB". */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** With a true minus sign, and no minus before zero. */
function spell(text: string): string {
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text.replace("-", "−");
}
