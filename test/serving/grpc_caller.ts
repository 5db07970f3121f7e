import { Buffer } from "node:buffer";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import protobuf from "protobufjs";

const PROTO = new URL("../../proto/open_inference.proto", import.meta.url).pathname;
const SERVICE = "inference.GRPCInferenceService";

/** Calls methods of a server over gRPC, with messages as plain objects. */
export class GrpcCaller {
  readonly #root = new protobuf.Root().loadSync(PROTO, { keepCase: true });
  readonly #client: Client;

  constructor(port: number | undefined) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  // biome-ignore lint/suspicious/noExplicitAny: what a test looks at.
  call(method: string, message: object, headers: Record<string, string> = {}): Promise<any> {
    const { requestType, responseType } = this.#root.lookupService(SERVICE).lookup(method) as protobuf.Method;
    const [request, response] = [requestType, responseType].map((name) => this.#root.lookupType(`inference.${name}`));
    if (!request || !response) throw new Error(`no messages of ${method}`);
    return new Promise((done, fail) => {
      this.#client.makeUnaryRequest(
        `/${SERVICE}/${method}`,
        () => Buffer.from(request.encode(request.fromObject(message)).finish()),
        (bytes) => response.toObject(response.decode(bytes), { longs: Number, defaults: true, arrays: true }),
        {},
        Metadata.fromHttp2Headers(headers),
        (error: ServiceError | null, answer) => (error ? fail(error) : done(answer)),
      );
    });
  }

  /** The code and words with which a call is refused. */
  fail(work: Promise<unknown>): Promise<unknown> {
    return work.then(
      () => "was answered",
      ({ code, details }) => ({ code, details }),
    );
  }

  close(): void {
    this.#client.close();
  }
}
