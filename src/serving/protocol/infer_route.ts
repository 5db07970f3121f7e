import { promisify } from "node:util";
import { deflate, gzip } from "node:zlib";
import type { OpenVersion } from "../answering/answerer.ts";
import { parseInferRequest, parseLength } from "./infer_request.ts";
import { encodeInferAnswer, type InferAnswer } from "./infer_response.ts";
import type { PathParameters } from "./router.ts";
import type { RouteContext } from "./service.ts";

/** Smaller answers are not worth packing. */
const MIN_PACKED_BYTES = 1024;

/** Header with the number of bytes of JSON in front of binary tensors: Triton's. */
const HEADER_LENGTH = "inference-header-content-length";

/** Answers POST …/infer. */
export async function answerInfer(context: RouteContext, parameters: PathParameters): Promise<Response> {
  const { request, service } = context;
  const { headers } = request;
  const version = findVersion(context, parameters);
  const headerBytes = parseLength(headers.get(HEADER_LENGTH));
  const body = await service.bodies.read(request);
  const parsed = parseInferRequest({ body, headerBytes }, { file: version.file, limits: service.limits });
  const outputs = version.file.outputs.map(({ rowBytes }) => new Uint8Array(parsed.rows * rowBytes));
  await service.answerer.answer(version, { rows: parsed.rows, inputs: parsed.inputs, outputs });
  service.answerer.remember(version, parsed);
  const answer = encodeInferAnswer(version, { request: parsed, outputs });
  return respond(answer, { version, accepts: headers.get("accept-encoding") });
}

/** The version in the path or in the header Firn-Version, or the one that answers requests of this Firn-Key. */
function findVersion({ request: { headers }, service }: RouteContext, parameters: PathParameters): OpenVersion {
  const { model = "", version = headers.get("firn-version") ?? undefined } = parameters;
  const key = headers.get("firn-key") ?? undefined;
  return service.answerer.find(model, { version, key });
}

async function respond(
  { body, headerBytes }: InferAnswer,
  { version, accepts }: { readonly version: OpenVersion; readonly accepts: string | null },
): Promise<Response> {
  const headers: Record<string, string> = {
    "content-type": headerBytes === undefined ? "application/json" : "application/octet-stream",
    "firn-version": version.version,
  };
  if (headerBytes !== undefined) headers[HEADER_LENGTH] = String(headerBytes);
  const packing = accepts === null || body.length < MIN_PACKED_BYTES ? undefined : choosePacking(accepts);
  if (!packing) return new Response(body, { headers });
  headers["content-encoding"] = packing;
  return new Response(new Uint8Array(await PACKERS[packing](body)), { headers });
}

const PACKERS = { gzip: promisify(gzip), deflate: promisify(deflate) };

/** The first of gzip and deflate that is accepted, and not with a quality of 0. */
function choosePacking(accepts: string): "gzip" | "deflate" | undefined {
  for (const part of accepts.toLowerCase().split(",")) {
    const [name = "", ...settings] = part.split(";").map((text) => text.trim());
    const isRefused = settings.some((setting) => /^q=0(\.0*)?$/.test(setting));
    if ((name === "gzip" || name === "deflate") && !isRefused) return name;
  }
  return undefined;
}
