/** How far an epoch has come. */
export interface Progress {
  /** "Training", "Evaluating". */
  readonly label: string;
  /** Iterations of `total` that were done in the time that has passed. */
  readonly done: number;
  /** Iterations done before that, by a process that was interrupted; none if left out. */
  readonly doneBefore?: number;
  readonly total: number;
  readonly elapsedMs: number;
  /** The newest minibatch's loss. */
  readonly loss: number;
}

const barWidth = 20;

/** One line of at most `width` characters: bar, count, rate, time left, loss. */
export function formatProgress(progress: Progress, width: number): string {
  const { label, done, doneBefore = 0, total, elapsedMs, loss } = progress;
  const position = doneBefore + done;
  const filled = total === 0 ? barWidth : Math.round((Math.min(position, total) / total) * barWidth);
  const bar = "#".repeat(filled) + "-".repeat(barWidth - filled);
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0;
  const timing =
    rate > 0 ? `${rate.toFixed(rate < 10 ? 2 : 0)} it/s  ${formatSeconds((total - position) / rate)} left` : "";
  return `${label} [${bar}] ${position}/${total}  ${timing}  loss ${loss.toFixed(4)}`.slice(0, width);
}

/** Seconds as "1:05" or "2:00:59". */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
