import { fileURLToPath } from "node:url";
import { elementAt } from "../../../src/core/element_at.ts";
import { type BenchContext, takeTurns } from "../bench_context.ts";
import type { Comparison } from "../bench_row.ts";
import type { PythonPeer } from "../contestants/find_pythons.ts";
import { createPythonCommand } from "../contestants/peer_contestant.ts";
import { createScriptCommand, type PeerCommand, PeerProcess, readNumber } from "../contestants/peer_process.ts";
import type { Contestant } from "../interleave.ts";
import { loadServer } from "../serving/http_load.ts";
import { createInferRequest, REQUEST_FORMS, type RequestForm } from "../serving/infer_requests.ts";
import { writeServedNetwork } from "../serving/served_network.ts";

/** Who asks at the same time: many, from whose requests batches form, and one, who waits for each answer. */
const CLIENTS = [64, 1] as const;

const SERVER = fileURLToPath(new URL("../serving/server_process.ts", import.meta.url));

/** A server, and how it is started. */
interface ServerPlan {
  readonly name: string;
  readonly command: PeerCommand;
  /** True for one that knows no binary tensors over HTTP. */
  readonly takesJsonOnly?: boolean;
}

/** What a server is asked. */
interface Asking {
  readonly form: RequestForm;
  readonly clients: number;
  readonly requests: number;
}

/** Processor time of a server for a request of one sample of SimpleMLP, in microseconds. */
export async function* runServeSuite(context: BenchContext): AsyncGenerator<Comparison> {
  const { sizes, servers, pythons, note } = context;
  await using network = await writeServedNetwork();
  const { path } = network;
  const plans: readonly ServerPlan[] = [
    { name: "firn", command: createScriptCommand(SERVER, [JSON.stringify({ path, server: "firn" })]) },
    {
      name: "one session.run a request",
      command: createScriptCommand(SERVER, [JSON.stringify({ path, server: "plain" })]),
    },
    ...servers.flatMap((python) => listPythonServers(python, path)),
  ];
  if (pythons.length > 0 && servers.length === 0) {
    note("serve: no Python has FastAPI or MLServer; pip install fastapi uvicorn mlserver onnxruntime");
  }
  for (const clients of CLIENTS) {
    for (const form of REQUEST_FORMS) {
      const who = clients === 1 ? "1 client" : `${clients} clients`;
      const asking = { form, clients, requests: sizes.requests };
      const figures = await takeTurns(context, {
        about: `serve, ${form}, ${who}`,
        repetitions: sizes.slowRepetitions,
        leadIns: 1,
        open: plans
          .filter(({ takesJsonOnly = false }) => form === "JSON" || !takesJsonOnly)
          .map((plan) => () => openServer(plan, asking)),
      });
      const ours = elementAt(figures, 0).values;
      const name = `a request in ${form}, ${who}, processor time`;
      for (const peer of figures.slice(1)) {
        yield { suite: "serve", name, unit: "µs", ours, peerName: peer.name, peer: peer.values };
      }
    }
  }
}

function listPythonServers(python: PythonPeer, path: string): ServerPlan[] {
  const config = { threads: 1, path };
  const { fastapi, mlserver } = python;
  const fast = { name: `FastAPI ${fastapi}`, command: createPythonCommand(python, "serve_fastapi.py", config) };
  const command = createPythonCommand(python, "serve_mlserver.py", config);
  const ml = { name: `MLServer ${mlserver}`, command, takesJsonOnly: true };
  return [...(fastapi === undefined ? [] : [fast]), ...(mlserver === undefined ? [] : [ml])];
}

async function openServer({ name, command }: ServerPlan, { form, clients, requests }: Asking): Promise<Contestant> {
  const server = await PeerProcess.start(`measure ${name}`, command);
  const port = readNumber(server.ready, "port");
  const request = createInferRequest(form);
  const readTime = async () => readNumber(await server.ask({}), "cpuMicroseconds");
  return {
    name,
    async measure() {
      const began = await readTime();
      await loadServer({ port, request, clients, requests });
      return ((await readTime()) - began) / requests;
    },
    close: () => server.close(),
  };
}
