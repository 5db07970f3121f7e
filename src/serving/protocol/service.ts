import type { Answerer } from "../answering/answerer.ts";
import type { BodyReader } from "./read_body.ts";
import type { ServerLimits } from "./server_limits.ts";
import type { ServingControl } from "./serving_control.ts";

/** What routes answer with. */
export interface Service {
  readonly answerer: Answerer;
  readonly control: ServingControl;
  readonly bodies: BodyReader;
  readonly limits: ServerLimits;
  /** Whether browsers get a page at "/". */
  readonly hasPage: boolean;
  /** Whether the server is ending: it is not ready any more. */
  isEnding: boolean;
}

/** Says where a request came from. */
export type PeerFinder = () => string | undefined;

/** A request and what answers it. */
export interface RouteContext {
  readonly request: Request;
  readonly service: Service;
  /** The address that the request came from, where the runtime knows it. */
  readonly findPeer: PeerFinder;
}
