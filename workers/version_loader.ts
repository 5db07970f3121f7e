/**
 * The entry of the Worker that loads models for serving. Everything heavy is imported inside `prepare`: messages that
 * arrive before `expose` are lost.
 */
import { expose } from "comlink";
import type { RemoteLoader } from "../src/serving/repository/version_loader.ts";

const remote: RemoteLoader = {
  async prepare(request) {
    const { prepareVersion } = await import("../src/serving/workers/prepare_version.ts");
    return prepareVersion(request);
  },
};

expose(remote);
