import type { Remote } from "comlink";
import type { RemoteReplica } from "../protocol/replica_setup.ts";

/** How long a replica may take to answer a control message, the loading of its engine included. */
export const ANSWER_TIMEOUT_MS = 60_000;

/** The coordinator's side of one replica that lives elsewhere: in a Worker, or in a process. */
export interface ReplicaHandle {
  readonly name: string;
  /** Why the replica is of no use any more; undefined as long as it is. */
  readonly lost: Error | undefined;
  /**
   * Whether it may be ended at any moment, in the middle of native code too, and does nothing more from then on. A
   * thread may go on for a while, and takes the process with it in the middle of native code.
   */
  readonly endsAtOnce: boolean;
  /** Calls it. One that does not answer in time is lost. @throws {Error} If it dies or does not answer in time. */
  call<Answer>(
    request: (remote: Remote<RemoteReplica>) => Promise<Answer>,
    act: string,
    timeoutMs?: number,
  ): Promise<Answer>;
  /** Does `work`, unless the replica dies first: then it rejects with that, naming the replica and the cause. */
  guard<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Leaves it to itself: what becomes of it is not reported any more, and no call is answered. */
  abandon(): void;
  /** Ends it. Settles when it is gone, or is not going to be soon. */
  terminate(): Promise<void>;
}
