/** What may be done with what a checkpoint names. */
export interface CheckpointTrust {
  /** Runs the programs that the run was made with. */
  readonly trust: boolean;
  /** Takes data that has changed since the run read it. */
  readonly acceptChangedData: boolean;
}

/** Whether a path is called as checkpoints are. */
export function isCheckpoint(path: string): boolean {
  return path.endsWith(".safetensors");
}
