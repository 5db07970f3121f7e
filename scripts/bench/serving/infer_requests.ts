/** A sample as a request brings it: JSON, or behind a head of JSON as Triton's extension has it. */
export const REQUEST_FORMS = ["binary", "JSON"] as const;

export type RequestForm = (typeof REQUEST_FORMS)[number];

/** A sample of SimpleMLP. */
const SHAPE = [1, 28, 28, 1];
const FEATURES = 784;

/** A request of the Open Inference Protocol with one sample: its head and body as they go over the connection. */
export function createInferRequest(form: RequestForm): Buffer {
  const pixels = Float32Array.from({ length: FEATURES }, (_, i) => ((i * 37) % 256) / 255);
  const base = { name: "input", datatype: "FP32", shape: SHAPE };
  const path = "POST /v2/models/bench/infer HTTP/1.1\r\nHost: localhost\r\n";
  if (form === "JSON") {
    const body = JSON.stringify({ inputs: [{ ...base, data: [...pixels] }] });
    return Buffer.from(`${path}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  }
  const json = JSON.stringify({
    parameters: { binary_data_output: true },
    inputs: [{ ...base, parameters: { binary_data_size: pixels.byteLength } }],
  });
  const lengths = `Inference-Header-Content-Length: ${json.length}\r\nContent-Length: ${json.length + pixels.byteLength}`;
  const head = `${path}Content-Type: application/octet-stream\r\n${lengths}\r\n\r\n${json}`;
  return Buffer.concat([Buffer.from(head), new Uint8Array(pixels.buffer)]);
}
