import { VERSION } from "../../core/version.ts";
import { describeConfig, describeMetadata } from "../protocol/describe_model.ts";
import { ProtocolError, statusOf } from "../protocol/protocol_error.ts";
import { EXTENSIONS } from "../protocol/protocol_routes.ts";
import type { Service } from "../protocol/service.ts";
import type { ControlRequest } from "../protocol/serving_control.ts";
import { readGrpcFeedback } from "./grpc_feedback.ts";
import { answerGrpcInfer, type GrpcWish } from "./grpc_infer.ts";
import type { Message } from "./messages.ts";

/** A call: its message and what came beside it. */
export interface GrpcCall {
  readonly message: Message;
  readonly wish: GrpcWish;
  /** Who calls: the metadata "firn-from", or else the address. @throws {ProtocolError} 400 if it is too long. */
  readonly findCaller: () => string;
}

/** A method of the service. */
export interface GrpcMethod {
  /** Whether it changes something, and the token is asked for. */
  readonly isProtected?: boolean;
  readonly answer: (call: GrpcCall, service: Service) => Promise<Message> | Message;
}

/** The methods of the protocol's service by name: the same answers as over HTTP. */
export const GRPC_METHODS: Readonly<Record<string, GrpcMethod>> = {
  ServerLive: { answer: () => ({ live: true }) },
  ServerReady: { answer: (_, { answerer, isEnding }) => ({ ready: !isEnding && answerer.areAllReady }) },
  ModelReady: {
    answer: ({ message }, { answerer }) => ({ ready: answerer.isReady(readText(message.name), readVersion(message)) }),
  },
  ServerMetadata: { answer: () => ({ name: "firn", version: VERSION, extensions: EXTENSIONS }) },
  ModelMetadata: {
    answer({ message }, { answerer }) {
      const name = readText(message.name);
      const open = answerer.find(name, { version: readVersion(message) });
      return { ...describeMetadata(open, answerer.listVersions(name)) };
    },
  },
  ModelConfig: {
    answer({ message }, { answerer }) {
      const open = answerer.find(readText(message.name), { version: readVersion(message) });
      return { config: describeConfig(open) };
    },
  },
  ModelStatistics: {
    answer({ message }, service) {
      const [model, version] = [readText(message.name), readVersion(message)];
      const chosen = { ...(model === "" ? {} : { model }), ...(version === undefined ? {} : { version }) };
      return ask(service, { kind: "statistics", ...chosen });
    },
  },
  ModelInfer: {
    answer: ({ message, wish }, { answerer, limits }) => answerGrpcInfer(message, { answerer, limits, wish }),
  },
  ModelFeedback: {
    isProtected: true,
    answer: ({ message, wish, findCaller }, service) =>
      ask(service, readGrpcFeedback(message, service, { from: findCaller(), version: wish.version })),
  },
  ModelFeedbackClose: {
    isProtected: true,
    answer: ({ message }, service) => ask(service, { kind: "closeFeedback", model: readText(message.model_name) }),
  },
  RepositoryIndex: {
    async answer({ message }, service) {
      const { body } = await service.control.ask({ kind: "index", isReadyOnly: message.ready === true });
      return { models: body };
    },
  },
  RepositoryModelLoad: {
    isProtected: true,
    answer: ({ message }, service) => ask(service, { kind: "load", model: readText(message.model_name) }),
  },
  RepositoryModelUnload: {
    isProtected: true,
    answer: ({ message }, service) => ask(service, { kind: "unload", model: readText(message.model_name) }),
  },
};

async function ask({ control }: Service, request: ControlRequest): Promise<Message> {
  const { status, body } = await control.ask(request);
  const fields: Message = typeof body === "object" && body !== null ? { ...body } : {};
  if (status < 400) return fields;
  throw new ProtocolError(statusOf(status), readText(fields.error));
}

function readText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function readVersion({ version }: Message): string | undefined {
  return typeof version === "string" && version !== "" ? version : undefined;
}
