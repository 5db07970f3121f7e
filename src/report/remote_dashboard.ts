/** What the dashboard's Worker answers: the port that it listens on, or why it cannot listen. */
export interface DashboardStart {
  readonly port: number;
  readonly refusal?: string;
}

/** What the dashboard's Worker can be asked. */
export interface RemoteDashboard {
  /** Starts to listen on a port of loopback; 0 takes a free one. */
  start(port: number): Promise<DashboardStart>;
  /** Serves the run in this folder from now on. */
  show(folder: string): Promise<void>;
  /** Shows what the run is doing: one line. */
  tell(progress: string): Promise<void>;
  close(): Promise<void>;
}
