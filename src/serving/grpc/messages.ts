import { readFileSync } from "node:fs";
import protobuf from "protobufjs";

const schema = readFileSync(new URL("../../../proto/open_inference.proto", import.meta.url), "utf8");
const { root } = protobuf.parse(schema, { keepCase: true });

/** The service's name on the wire. */
export const SERVICE = "inference.GRPCInferenceService";

/** Fields of a message. */
export type Message = Readonly<Record<string, unknown>>;

/** One method of the service, as bytes. */
export interface MethodCodec {
  readonly decode: (bytes: Uint8Array) => Message;
  readonly encode: (message: Message) => Uint8Array;
}

/** The methods of the protocol's service by name. */
export function createCodecs(): ReadonlyMap<string, MethodCodec> {
  const methods = root.lookupService(SERVICE).methodsArray;
  return new Map(methods.map((method) => [method.name, createCodec(method)]));
}

function createCodec({ requestType, responseType }: protobuf.Method): MethodCodec {
  const [request, response] = [requestType, responseType].map((name) => root.lookupType(`inference.${name}`));
  if (!request || !response) throw new Error("the service names messages that are not there");
  return {
    decode: (bytes) => request.toObject(request.decode(bytes), { longs: Number, defaults: true, arrays: true }),
    encode: (message) => response.encode(response.fromObject(message)).finish(),
  };
}
