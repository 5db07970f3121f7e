import type { MeanAndDeviation } from "../core/mean_and_deviation.ts";
import type { Measure } from "../evaluation/measures.ts";

/** A share in percent with one digit: "97.3 %"; a dash where it was not measured. */
export function formatPercent(share: number | undefined): string {
  return share === undefined || Number.isNaN(share) ? "–" : `${spell((share * 100).toFixed(1))} %`;
}

/** The mean of shares with their deviation: "97.3 ± 0.4 %"; the mean alone of a single one. */
function formatMeanPercent({ mean, deviation }: MeanAndDeviation): string {
  if (Number.isNaN(mean) || Number.isNaN(deviation)) return formatPercent(mean);
  return `${spell((mean * 100).toFixed(1))} ± ${(deviation * 100).toFixed(1)} %`;
}

/** How far outputs lie apart: "3.6e-7", "none" where they are equal, a dash where it was not measured. */
export function formatDifference(difference: number): string {
  if (Number.isNaN(difference)) return "–";
  return difference === 0 ? "none" : difference.toExponential(1);
}

/** Measured values with their deviation: shares in percent, others as numbers of four digits; see `Measure`. */
export function formatMeasured({ mean, deviation }: MeanAndDeviation, { isShare }: Pick<Measure, "isShare">): string {
  if (isShare) return formatMeanPercent({ mean, deviation });
  if (Number.isNaN(mean)) return "–";
  return Number.isNaN(deviation) ? formatNumber(mean) : `${formatNumber(mean)} ± ${formatNumber(deviation)}`;
}

/** Forgetting of a measure, with the word that says what it is where it is below 0. */
export function formatForgetting(forgetting: MeanAndDeviation, measure: Pick<Measure, "isShare">): string {
  const text = formatMeasured(forgetting, measure);
  return text.startsWith("−") ? `${text} (a gain)` : text;
}

/** One measured value; a dash where it was not measured. */
export function formatValue(value: number | undefined, measure: Pick<Measure, "isShare">): string {
  return formatMeasured({ mean: value ?? Number.NaN, deviation: Number.NaN }, measure);
}

/** "0.9312", "−1.52", "1234", "1.2e+7". */
function formatNumber(value: number): string {
  return spell(String(Number(value.toPrecision(4))));
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
