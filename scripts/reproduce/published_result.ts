/** A result that somebody published, and the run that is to reach it. */
export interface PublishedResult {
  /** What `bun run reproduce NAME` calls it. */
  readonly name: string;
  /** Accuracy on the whole test stream after the last experience. */
  readonly published: number;
  /** How far below it a mean may lie. */
  readonly tolerance: number;
  /** Who published it and where, and whose configuration it is. */
  readonly source: string;
  /** The words after `train`, without the seed; the run's seed decides the benchmark's random choices, too. */
  readonly words: readonly string[];
  /** Where the run is not quite what was published; empty where it is. */
  readonly departure: string;
}
