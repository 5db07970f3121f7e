/**
 * The entry of a replica's Worker. It answers before anything heavy is loaded: messages that arrive before `expose`
 * are lost in both runtimes, so everything else is imported inside `init`.
 */
import { expose } from "comlink";
import type { ReplicaServer } from "../src/cluster/replica_server.ts";
import type { RemoteReplica } from "../src/cluster/replica_setup.ts";

let server: ReplicaServer | undefined;

function requireServer(): ReplicaServer {
  if (!server) throw new Error("Cannot serve: the replica was not initialised");
  return server;
}

const remote: RemoteReplica = {
  async init(setup) {
    const { serializeError } = await import("../src/core/error_data.ts");
    try {
      const { ReplicaServer } = await import("../src/cluster/replica_server.ts");
      const started = await ReplicaServer.start(setup);
      server = started.server;
      return { engine: started.engine };
    } catch (thrown) {
      return { engine: "none", error: serializeError(thrown) };
    }
  },
  addSources: (sources) => requireServer().replica.addSources(sources),
  attachBatch: (batch) => requireServer().replica.attachBatch(batch),
  attachVector: (id, vector) => requireServer().replica.attachVector(id, vector),
  attachSlots: (slots) => requireServer().replica.attachSlots(slots),
  attachScratchSlots: (slots) => requireServer().replica.attachScratchSlots(slots),
  attachPenalties: (penalties) => requireServer().replica.attachPenalties(penalties),
  attachOptimizer: (spec) => requireServer().replica.attachOptimizer(spec),
  attachActivations: (memory) => requireServer().replica.attachActivations(memory),
  attachInputGradients: (values) => requireServer().replica.attachInputGradients(values),
  measureActivation: (layerName) => requireServer().replica.measureActivation(layerName),
  refuseInputGradients: () => requireServer().replica.refuseInputGradients(),
  loadModel: (topology, memory) => requireServer().replica.loadModel(topology, memory),
  takeFailure: () => requireServer().takeFailure(),
  close: () => server?.close(),
};

expose(remote);
