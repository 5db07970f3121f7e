import { describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:http";
import { loadServer } from "../../../../scripts/bench/serving/http_load.ts";
import { createInferRequest, REQUEST_FORMS } from "../../../../scripts/bench/serving/infer_requests.ts";

/** Starts a server, gives it to `use`, and ends it. */
async function withServer(server: Server, use: (port: number) => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    await use(typeof address === "object" && address ? address.port : 0);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

describe("loadServer()", () => {
  for (const form of REQUEST_FORMS) {
    test(`sends whole requests in ${form}, as often as it is told, by as many clients`, async () => {
      const bodies: Buffer[] = [];
      let [working, most] = [0, 0];
      const server = createServer(async (request, response) => {
        working += 1;
        most = Math.max(most, working);
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part);
        await new Promise((resolve) => setTimeout(resolve, 5));
        bodies.push(Buffer.concat(parts));
        working -= 1;
        const answer = "x".repeat(70_000);
        response.writeHead(200, { "Content-Length": answer.length }).end(answer);
      });
      await withServer(server, (port) =>
        loadServer({ port, request: createInferRequest(form), clients: 3, requests: 8 }),
      );
      expect(bodies).toHaveLength(8);
      expect(most).toBe(3);
      const [body = Buffer.alloc(0)] = bodies;
      const tensorBytes = form === "JSON" ? 0 : 784 * Float32Array.BYTES_PER_ELEMENT;
      const head = body.subarray(0, body.length - tensorBytes).toString();
      expect(JSON.parse(head).inputs[0]).toMatchObject({ name: "input", shape: [1, 28, 28, 1] });
    });
  }

  test("fails with the answer of a server that refuses, and where there is none", async () => {
    const server = createServer((_, response) => response.writeHead(503).end("too much"));
    const load = { request: createInferRequest("JSON"), clients: 2, requests: 4 };
    let free = 0;
    await withServer(server, async (port) => {
      free = port;
      await expect(loadServer({ ...load, port })).rejects.toThrow(/the server answered .*503/);
    });
    await expect(loadServer({ ...load, port: free })).rejects.toThrow();
  });
});
