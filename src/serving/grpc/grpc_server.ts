import { Buffer } from "node:buffer";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";
import {
  status as GrpcStatus,
  type handleUnaryCall,
  logVerbosity,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  setLogVerbosity,
} from "@grpc/grpc-js";
import { describeCause, RefusalError } from "../../core/errors/errors.ts";
import { chooseFrom } from "../feedback/create_feedback.ts";
import { type ErrorStatus, ProtocolError } from "../protocol/protocol_error.ts";
import type { Service } from "../protocol/service.ts";
import type { TokenCheck } from "../protocol/token_check.ts";
import { GRPC_METHODS, type GrpcMethod } from "./grpc_methods.ts";
import { createCodecs, type Message, type MethodCodec, SERVICE } from "./messages.ts";

/** gRPC's codes for what HTTP has a status for. */
const CODES: Readonly<Record<ErrorStatus, GrpcStatus>> = {
  400: GrpcStatus.INVALID_ARGUMENT,
  401: GrpcStatus.UNAUTHENTICATED,
  403: GrpcStatus.PERMISSION_DENIED,
  404: GrpcStatus.NOT_FOUND,
  405: GrpcStatus.UNIMPLEMENTED,
  408: GrpcStatus.DEADLINE_EXCEEDED,
  409: GrpcStatus.FAILED_PRECONDITION,
  413: GrpcStatus.RESOURCE_EXHAUSTED,
  415: GrpcStatus.INVALID_ARGUMENT,
  429: GrpcStatus.RESOURCE_EXHAUSTED,
  500: GrpcStatus.INTERNAL,
  503: GrpcStatus.UNAVAILABLE,
};

/** Where and how to listen. */
export interface GrpcOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tokens: TokenCheck;
}

/** The protocol over gRPC. */
export class GrpcServer {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** Starts to listen. @throws {RefusalError} If the port is taken or may not be used. */
  static async start(service: Service, { host, port, tokens }: GrpcOptions): Promise<GrpcServer> {
    const { maxBodyBytes, maxConcurrency } = service.limits;
    const server = new Server({
      "grpc.max_receive_message_length": maxBodyBytes,
      "grpc.max_send_message_length": -1,
      "grpc.max_concurrent_streams": maxConcurrency,
    });
    const definition: Record<string, MethodDefinition<Message, Message>> = {};
    const handlers: Record<string, handleUnaryCall<Message, Message>> = {};
    for (const [name, codec] of createCodecs()) {
      const method = GRPC_METHODS[name];
      if (!method) continue;
      definition[name] = createDefinition(name, codec);
      handlers[name] = createHandler(method, { service, tokens });
    }
    server.addService(definition satisfies ServiceDefinition, handlers);
    const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    return new GrpcServer(server, await bind(server, address));
  }

  /** Answers what was asked, and ends. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#server.forceShutdown(), PATIENCE_MS);
    await new Promise<void>((done) => this.#server.tryShutdown(() => done()));
    clearTimeout(timer);
  }
}

const PATIENCE_MS = 2_000;

/** @returns The port. @throws {RefusalError} If it is taken or may not be used. */
async function bind(server: Server, address: string): Promise<number> {
  // The library prints a line of its own where a port is taken.
  const isAsked = [process.env.GRPC_NODE_VERBOSITY, process.env.GRPC_VERBOSITY].some((level) => level !== undefined);
  if (!isAsked) setLogVerbosity(logVerbosity.NONE);
  try {
    return await new Promise((done, fail) => {
      server.bindAsync(address, ServerCredentials.createInsecure(), (cause, port) => {
        if (!cause) return done(port);
        const [, reason = cause.message] = /errors: \[(.+)\]$/.exec(cause.message) ?? [];
        fail(new RefusalError(`gRPC cannot listen on ${address}: ${reason}`, { cause }));
      });
    });
  } finally {
    if (!isAsked) setLogVerbosity(logVerbosity.ERROR);
  }
}

function createDefinition(name: string, { decode, encode }: MethodCodec): MethodDefinition<Message, Message> {
  return {
    path: `/${SERVICE}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: () => Buffer.alloc(0),
    requestDeserialize: decode,
    responseSerialize: (message) => Buffer.from(encode(message)),
    responseDeserialize: () => ({}),
  };
}

function createHandler(
  { answer, isProtected }: GrpcMethod,
  { service, tokens }: { readonly service: Service; readonly tokens: TokenCheck },
): handleUnaryCall<Message, Message> {
  return async (call, done) => {
    const { request, metadata } = call;
    const read = (name: string) => metadata.get(name)[0]?.toString();
    try {
      if (isProtected) tokens.assertToken(read("authorization"));
      const wish = { version: read("firn-version"), key: read("firn-key") };
      const findCaller = () => chooseFrom(read("firn-from"), readAddress(call.getPeer()));
      done(null, await answer({ message: request, wish, findCaller }, service));
    } catch (error) {
      const code = error instanceof ProtocolError ? CODES[error.status] : GrpcStatus.INTERNAL;
      done({ code, details: describeCause(error) });
    }
  };
}

/** A peer without its port: "127.0.0.1:4000", "[::1]:4000". */
function readAddress(peer: string): string {
  return peer.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
