/** How far an epoch has come. */
export interface Progress {
  /** "Training", "Evaluating". */
  readonly label: string;
  /** Iterations of `total` that were done in the time that has passed. */
  readonly done: number;
  /** Iterations done before that, by a process that was interrupted. Default: none. */
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
  const bar = formatBar(position, total);
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0;
  const timing =
    rate > 0 ? `${rate.toFixed(rate < 10 ? 2 : 0)} it/s  ${formatSeconds((total - position) / rate)} left` : "";
  return `${label} [${bar}] ${position}/${total}  ${timing}  loss ${loss.toFixed(4)}`.slice(0, width);
}

/** What one replica did of an epoch. */
export interface ReplicaProgress {
  readonly replica: number;
  /** Samples that it computed, and about how many are left to it. */
  readonly rows: number;
  readonly rowsLeft: number;
  readonly elapsedMs: number;
}

/** One line of at most `width` characters: bar, samples, rate, time left. */
export function formatReplicaProgress({ replica, rows, rowsLeft, elapsedMs }: ReplicaProgress, width: number): string {
  const bar = formatBar(rows, rows + rowsLeft);
  const rate = elapsedMs > 0 ? (rows / elapsedMs) * 1000 : 0;
  const timing = rate > 0 ? `${rate.toFixed(0)} samples/s  ${formatSeconds(rowsLeft / rate)} left` : "";
  return `  replica ${replica} [${bar}] ${rows}/${rows + rowsLeft} samples  ${timing}`.slice(0, width);
}

function formatBar(position: number, total: number): string {
  const filled = total === 0 ? barWidth : Math.round((Math.min(position, total) / total) * barWidth);
  return "#".repeat(filled) + "-".repeat(barWidth - filled);
}

/** Seconds as "1:05" or "2:00:59". */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
