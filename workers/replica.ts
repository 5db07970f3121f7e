/**
 * The entry of a replica's Worker. It answers before anything heavy is loaded: messages that arrive before `expose`
 * are lost in both runtimes, so everything else is imported inside `init`.
 */
import { expose } from "comlink";
import type { RemoteReplica } from "../src/cluster/protocol/replica_setup.ts";
import type { ReplicaServer } from "../src/cluster/replica/replica_server.ts";

let server: ReplicaServer | undefined;

function requireServer(): ReplicaServer {
  if (!server) throw new Error("Cannot serve: the replica was not initialised");
  return server;
}

const remote: RemoteReplica = {
  async init(setup) {
    const { serializeError } = await import("../src/core/errors/error_data.ts");
    try {
      const { ReplicaServer } = await import("../src/cluster/replica/replica_server.ts");
      const started = await ReplicaServer.start(setup);
      server = started.server;
      return { engine: started.engine };
    } catch (thrown) {
      return { engine: "none", error: serializeError(thrown) };
    }
  },
  apply: (command) => requireServer().replica.apply(command),
  answer: (question) => requireServer().replica.answer(question),
  takeFailure: () => requireServer().takeFailure(),
  close: () => server?.close(),
};

expose(remote);
