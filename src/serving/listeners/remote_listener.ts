import type { QueueOptions } from "../answering/batch_queue.ts";
import type { AnsweringThread } from "../answering/serving_command.ts";
import type { ServerLimits } from "../protocol/server_limits.ts";
import type { ControlAnswer, ControlRequest } from "../protocol/serving_control.ts";

/** What a thread needs to listen. Plain data. */
export interface ListenerSetup {
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
  readonly limits: ServerLimits;
  readonly hasPage: boolean;
}

/** What the Worker of a listener can be asked. */
export interface RemoteListener extends AnsweringThread {
  /** Before all else. */
  open(options: QueueOptions): Promise<void>;
  /**
   * Listens on the port that other threads listen on, too.
   * @param ask Asks the thread that owns the models.
   * @returns Why it cannot; undefined where it does.
   */
  listen(setup: ListenerSetup, ask: (request: ControlRequest) => Promise<ControlAnswer>): Promise<string | undefined>;
  /** Answers what was asked, and listens no more. */
  end(): Promise<void>;
}
