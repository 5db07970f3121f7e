import { describeCause } from "../../core/errors/errors.ts";
import { Answerer } from "../answering/answerer.ts";
import type { QueueOptions } from "../answering/batch_queue.ts";
import { RequestHandler } from "../protocol/handler.ts";
import { type HttpListener, listen } from "../protocol/http_listener.ts";
import { PROTOCOL_ROUTES } from "../protocol/protocol_routes.ts";
import { BodyReader } from "../protocol/read_body.ts";
import type { Service } from "../protocol/service.ts";
import type { ServingControl } from "../protocol/serving_control.ts";
import { TokenCheck } from "../protocol/token_check.ts";
import { waitForQuiet } from "../wait_for_quiet.ts";
import type { ListenerSetup } from "./remote_listener.ts";

/** A thread that answers, and listens beside others on one port. */
export class ListeningThread {
  readonly answerer: Answerer;
  #end: (() => Promise<void>) | undefined;

  constructor(options: QueueOptions) {
    this.answerer = new Answerer(options);
  }

  /** Begins to listen. @returns Why it cannot; undefined where it does. */
  listen({ host, port, token, limits, hasPage }: ListenerSetup, ask: ServingControl["ask"]): string | undefined {
    const bodies = new BodyReader(limits);
    const service: Service = { answerer: this.answerer, control: { ask }, bodies, limits, hasPage, isEnding: false };
    const handler = new RequestHandler(service, { tokens: new TokenCheck(token), routes: PROTOCOL_ROUTES });
    let listener: HttpListener;
    try {
      listener = listen(handler.answer, { host, port, isShared: true });
    } catch (error) {
      return describeCause(error);
    }
    this.#end = async () => {
      service.isEnding = true;
      listener.stopListening();
      await waitForQuiet(() => handler.working);
      await listener.close();
      bodies.close();
    };
    return undefined;
  }

  /** Answers what was asked, and listens no more. */
  async end(): Promise<void> {
    await this.#end?.();
  }
}
