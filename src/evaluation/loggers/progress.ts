/** What is counted a second: iterations, samples, or small experiences. */
export type RateUnit = "it" | "samples" | "experiences";

/** How far an epoch has come. */
export interface Progress {
  /** "Training", "Evaluating". */
  readonly label: string;
  /** Iterations of `total` that were done in the time that has passed. */
  readonly done: number;
  /** Iterations done before that, by a process that was interrupted. Default: none. */
  readonly doneBefore?: number;
  readonly total: number;
  /** What was counted in that time. Default: the iterations. */
  readonly rated?: { readonly unit: RateUnit; readonly count: number };
  readonly elapsedMs: number;
  /** The newest minibatch's loss. */
  readonly loss: number;
}

const BAR_WIDTH = 20;
const MIN_BAR_WIDTH = 5;

/** One line of at most `width` characters: bar, count, rate, time left, loss. The bar is shorter where they are few. */
export function formatProgress(progress: Progress, width: number): string {
  const { label, done, doneBefore = 0, total, rated = { unit: "it", count: done }, elapsedMs, loss } = progress;
  const position = doneBefore + done;
  const perSecond = (count: number) => (elapsedMs > 0 ? (count / elapsedMs) * 1000 : 0);
  const [rate, speed] = [perSecond(done), perSecond(rated.count)];
  const left = formatSeconds((total - position) / rate);
  const timing = rate > 0 ? `${speed.toFixed(speed < 10 ? 2 : 0)} ${rated.unit}/s  ${left} left` : "";
  const figures = `${position}/${total}  ${timing}  loss ${loss.toFixed(4)}`;
  const free = width - label.length - figures.length - " [] ".length;
  const bar = formatBar(position, total, Math.min(BAR_WIDTH, Math.max(MIN_BAR_WIDTH, free)));
  return `${label} [${bar}] ${figures}`.slice(0, width);
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

function formatBar(position: number, total: number, width: number = BAR_WIDTH): string {
  const filled = total === 0 ? width : Math.round((Math.min(position, total) / total) * width);
  return "#".repeat(filled) + "-".repeat(width - filled);
}

/** Seconds as "1:05" or "2:00:59". */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
