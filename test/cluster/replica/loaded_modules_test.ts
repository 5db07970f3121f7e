import { describe, expect, test } from "bun:test";
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
import { Cluster } from "../../../src/cluster/cluster.ts";
import { resolveClusterOptions } from "../../../src/cluster/cluster_options.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { makeTask } from "../../support/made_task.ts";
import { MODULES_CHANNEL } from "./modules_channel.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const criterion = new CrossEntropyLoss();

/**
 * What a replica may load of packages, and of what knows of graphs: the form in which they are loaded. protobufjs
 * writes the graph of onnxruntime's self-test.
 */
const PACKAGES = ["comlink", "fastest-levenshtein", "long", "protobufjs", "pure-rand"];
/** What reads schemas. */
const PARSERS = /protobufjs\/src\/(?:parse|root|type)\.js$/;
const GRAPH_MODULES = [
  "src/onnx/blocks/blocked_operators.ts",
  "src/onnx/file/encode_graph.ts",
  "src/onnx/file/encode_model.ts",
  "src/onnx/file/message_writer.ts",
  "src/onnx/file/onnx_model.ts",
  "src/onnx/file/onnx_numbers.ts",
  "src/onnx/layers/input.ts",
  "src/onnx/layers/layer_definition.ts",
  "src/onnx/layers/read_setting.ts",
  "src/onnx/ops/operator.ts",
  "src/onnx/precision/precision.ts",
  "src/onnx/topology/share_task.ts",
];

const MODELS: Readonly<Record<string, () => tf.LayersModel>> = {
  "an MLP with dropout": () => simpleMLP({ inputShape: [6], hiddenSize: 8, numClasses: 4 }),
  "convolutions with a norm": () => {
    const layers = [
      tf.layers.reshape({ inputShape: [6], targetShape: [3, 2, 1] }),
      tf.layers.conv2d({ filters: 16, kernelSize: 2, padding: "same", activation: "relu" }),
      tf.layers.batchNormalization(),
      tf.layers.flatten(),
      tf.layers.dense({ units: 4 }),
    ];
    return tf.sequential({ layers });
  },
};

describe("A replica with onnxruntime on the processor", () => {
  for (const [name, create] of Object.entries(MODELS)) {
    // Deno does not say which modules are loaded.
    test.if(process.versions.bun !== undefined)(
      `loads nothing that makes graphs to train and evaluate ${name}`,
      async () => {
        const snapshot = flattenWeights(create());
        const workerEntry = new URL("./listing_replica.ts", import.meta.url);
        const options = resolveClusterOptions({ workers: 1, engine: "onnxruntime", workerEntry });
        const training = { optimizer: new SGD({ learningRate: 0.1, momentum: 0.9 }), seed: 1 };
        await using cluster = await startCluster({ ...snapshot, outputSize: 4 }, options, training);
        const samples = makeTask({ samples: 32 });
        const request = { samples, training: true, dropoutStep: 1 };
        const objective = criterion.createObjective(samples.targets, 4);
        await cluster.cluster.gradientStep(request, objective, { update: { learningRate: 0.1 } });
        const output = await cluster.cluster.forward(request);
        await cluster.cluster.backward(request, (await criterion.evaluate(output, samples.targets)).dOutput);
        await cluster.cluster.forward({ ...request, training: false });
        const modules = await listModules();
        expect(modules.packages).toEqual(PACKAGES);
        expect(modules.all.filter((path) => PARSERS.test(path))).toEqual([]);
        expect(modules.own.filter((path) => path.startsWith("src/onnx/"))).toEqual(GRAPH_MODULES);
        expect(modules.own.filter((path) => /resident_vectors|tfjs|addon_carrier|make_graph/.test(path))).toEqual([]);
      },
    );
  }
});

async function startCluster(...args: Parameters<typeof Cluster.start>) {
  const cluster = await Cluster.start(...args);
  return { cluster, [Symbol.asyncDispose]: () => cluster.close() };
}

/** The packages and the modules of this project that the replica has loaded, each by its name, in order. */
async function listModules(): Promise<Readonly<Record<"all" | "packages" | "own", readonly string[]>>> {
  const channel = new BroadcastChannel(MODULES_CHANNEL);
  const answer = new Promise<readonly string[]>((resolve) => {
    channel.onmessage = ({ data }: MessageEvent) => resolve(data);
  });
  channel.postMessage("list");
  const paths = await answer;
  channel.close();
  const packages = paths.flatMap((path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  const own = paths.flatMap((path) => (path.startsWith(ROOT) ? [path.slice(ROOT.length)] : []));
  return {
    all: paths,
    packages: [...new Set(packages)].sort(),
    own: own.filter((path) => !path.startsWith("node_modules/")).sort(),
  };
}
