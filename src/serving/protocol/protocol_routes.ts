import { VERSION } from "../../core/version.ts";
import { readFeedback } from "../feedback/feedback_routes.ts";
import { PAGE_ROUTE } from "../page/page_route.ts";
import { describeConfig, describeMetadata } from "./describe_model.ts";
import { answerInfer } from "./infer_route.ts";
import { parseJson } from "./parse_json.ts";
import { ProtocolError } from "./protocol_error.ts";
import { emptyResponse, jsonResponse } from "./responses.ts";
import type { PathParameters, Route } from "./router.ts";
import type { RouteContext } from "./service.ts";
import type { ControlRequest } from "./serving_control.ts";

/** Extensions of the protocol that are there: by Triton's names. */
export const EXTENSIONS = [
  "classification",
  "model_repository",
  "model_configuration",
  "statistics",
  "binary_tensor_data",
];

/** The routes of the Open Inference Protocol with Triton's extensions, and those for versions. */
export const PROTOCOL_ROUTES: readonly Route<RouteContext>[] = [
  PAGE_ROUTE,
  { method: "GET", path: "/v2/health/live", answer: () => emptyResponse() },
  { method: "GET", path: "/v2/health/ready", answer: ({ service }) => answerReady(service) },
  {
    method: "GET",
    path: "/v2",
    answer: () => jsonResponse({ name: "firn", version: VERSION, extensions: EXTENSIONS }),
  },
  { method: "GET", path: "/metrics", answer: ({ service }) => ask(service, { kind: "metrics" }) },
  { method: "GET", path: "/v2/models/stats", answer: ({ service }) => ask(service, { kind: "statistics" }) },
  ...forVersions("GET", "ready", answerModelReady),
  ...forVersions("GET", "", answerMetadata),
  ...forVersions("GET", "config", answerConfig),
  ...forVersions("GET", "stats", ({ service }, { model = "", version }) =>
    ask(service, { kind: "statistics", model, ...(version === undefined ? {} : { version }) }),
  ),
  ...forVersions("POST", "infer", answerInfer),
  {
    method: "GET",
    path: "/v2/models/:model/versions",
    answer: ({ service }, { model = "" }) => ask(service, { kind: "versions", model }),
  },
  {
    method: "POST",
    path: "/v2/models/:model/versions/:version/promote",
    isProtected: true,
    async answer(context, { model = "", version = "" }) {
      const { force = false, ...others } = await readFields(context);
      const [unknown] = Object.keys(others);
      if (unknown !== undefined) throw new ProtocolError(400, `unknown field ${JSON.stringify(unknown)}; known: force`);
      if (typeof force !== "boolean") throw new ProtocolError(400, "force must be true or false");
      return ask(context.service, { kind: "promote", model, version, isForced: force });
    },
  },
  {
    method: "POST",
    path: "/v2/models/:model/rollback",
    isProtected: true,
    answer: ({ service }, { model = "" }) => ask(service, { kind: "rollback", model }),
  },
  {
    method: "POST",
    path: "/v2/models/:model/feedback",
    isProtected: true,
    answer: async (context, parameters) => ask(context.service, await readFeedback(context, parameters)),
  },
  {
    method: "POST",
    path: "/v2/models/:model/feedback/close",
    isProtected: true,
    answer: ({ service }, { model = "" }) => ask(service, { kind: "closeFeedback", model }),
  },
  {
    method: "POST",
    path: "/v2/repository/index",
    async answer(context) {
      const { ready = false } = await readFields(context);
      return ask(context.service, { kind: "index", isReadyOnly: ready === true });
    },
  },
  ...(["load", "unload"] as const).map(
    (kind): Route<RouteContext> => ({
      method: "POST",
      path: `/v2/repository/models/:model/${kind}`,
      isProtected: true,
      answer: ({ service }, { model = "" }) => ask(service, { kind, model }),
    }),
  ),
];

/** A route for a model and for a version of it. */
function forVersions(
  method: "GET" | "POST",
  end: string,
  answer: Route<RouteContext>["answer"],
): readonly Route<RouteContext>[] {
  const tail = end === "" ? "" : `/${end}`;
  return ["/v2/models/:model", "/v2/models/:model/versions/:version"].map((path) => ({
    method,
    path: `${path}${tail}`,
    answer,
  }));
}

function answerReady({ answerer, isEnding }: RouteContext["service"]): Response {
  if (!isEnding && answerer.areAllReady) return emptyResponse();
  throw new ProtocolError(503, isEnding ? "the server is ending" : "not every model has a version that is ready");
}

function answerModelReady({ service }: RouteContext, { model = "", version }: PathParameters): Response {
  service.answerer.find(model, { version });
  return emptyResponse();
}

function answerMetadata({ service: { answerer } }: RouteContext, { model = "", version }: PathParameters): Response {
  return jsonResponse(describeMetadata(answerer.find(model, { version }), answerer.listVersions(model)));
}

function answerConfig({ service }: RouteContext, { model = "", version }: PathParameters): Response {
  return jsonResponse(describeConfig(service.answerer.find(model, { version })));
}

async function ask({ control }: RouteContext["service"], request: ControlRequest): Promise<Response> {
  const { status, body } = await control.ask(request);
  if (typeof body !== "string") return body === undefined ? emptyResponse(status) : jsonResponse(body, status);
  return new Response(body, { status, headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } });
}

/** The fields of a small body, which may be left out. */
async function readFields({
  request,
  service,
}: Pick<RouteContext, "request" | "service">): Promise<Readonly<Record<string, unknown>>> {
  const body = await service.bodies.read(request);
  if (body.length === 0) return {};
  const json = parseJson(body);
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return { ...json };
  throw new ProtocolError(400, "the body must be an object");
}
