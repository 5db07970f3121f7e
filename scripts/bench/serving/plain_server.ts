import { InferenceSession, Tensor } from "onnxruntime-node";
import { listen } from "../../../src/serving/protocol/http_listener.ts";

/** Of one request of the bench: its sample, and whether the answer is to be binary. */
interface Asked {
  readonly data: Float32Array;
  readonly isBinary: boolean;
}

/**
 * What somebody writes who needs an answer over HTTP: the runtime's own server, and one run of the session for each
 * request. It understands the bench's two requests and no others, and checks nothing.
 * @returns The port.
 */
export async function startPlainServer(path: string): Promise<number> {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const answer = async (request: Request) => {
    const { data, isBinary } = readRequest(request.headers, await request.arrayBuffer());
    const { logits } = await session.run({ input: new Tensor("float32", data, [1, 28, 28, 1]) });
    if (!logits || !(logits.data instanceof Float32Array)) throw new TypeError("a model without logits");
    return isBinary ? answerBinary(logits.data) : answerJson(logits.data);
  };
  return listen(answer, { host: "127.0.0.1", port: 0, isShared: false }).port;
}

function readRequest(headers: Headers, body: ArrayBuffer): Asked {
  const header = headers.get("inference-header-content-length");
  // A copy: values must be aligned.
  if (header !== null) return { data: new Float32Array(body.slice(Number(header))), isBinary: true };
  const { inputs } = JSON.parse(new TextDecoder().decode(body));
  return { data: Float32Array.from(inputs[0].data), isBinary: false };
}

function answerJson(values: Float32Array): Response {
  const output = { name: "logits", datatype: "FP32", shape: [1, values.length], data: [...values] };
  return Response.json({ model_name: "bench", outputs: [output] });
}

function answerBinary(values: Float32Array): Response {
  const parameters = { binary_data_size: values.byteLength };
  const output = { name: "logits", datatype: "FP32", shape: [1, values.length], parameters };
  const json = new TextEncoder().encode(JSON.stringify({ model_name: "bench", outputs: [output] }));
  const body = new Uint8Array(json.length + values.byteLength);
  body.set(json);
  body.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), json.length);
  return new Response(body, { headers: { "Inference-Header-Content-Length": String(json.length) } });
}
