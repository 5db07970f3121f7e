import { describe, expect, test } from "bun:test";
import { readSamples } from "../../src/data/read_samples.ts";
import { CoPEPlugin } from "../../src/methods/cope/cope_plugin.ts";
import { FeCAMPlugin } from "../../src/methods/fecam/fecam_plugin.ts";
import { ICaRLPlugin } from "../../src/methods/icarl/icarl_plugin.ts";
import { NCMPlugin } from "../../src/methods/ncm/ncm_plugin.ts";
import { SCRPlugin } from "../../src/methods/scr/scr_plugin.ts";
import { StreamingLDA } from "../../src/methods/streaming_lda/streaming_lda.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import { evaluateExport } from "../../src/onnx/export/evaluate_export.ts";
import { decodeModel } from "../../src/onnx/file/decode_model.ts";
import { Adam } from "../../src/optimizers/adam.ts";
import { exportStrategy } from "../../src/runs/exports/export_strategy.ts";
import { type ContractMember, withPlugin } from "../methods/contract/contract_member.ts";
import { makeSharedIdsBenchmark, predictClasses } from "../methods/contract/shared_class_ids.ts";
import { SMALL_MLP } from "../support/made_cluster.ts";
import { makeOptions, withStrategy } from "../training/loop/made_strategy.ts";

const benchmark = makeSharedIdsBenchmark();

/** What compares samples with classes, one of each kind of head, and a network with fewer outputs than classes. */
const CLASSIFIERS: Readonly<Record<string, Pick<ContractMember, "create">>> = {
  NCM: withPlugin(() => new NCMPlugin({ memSize: 40 })),
  FeCAM: withPlugin(() => new FeCAMPlugin({ memSize: 120 })),
  iCaRL: withPlugin(() => new ICaRLPlugin({ memSize: 20 })),
  SLDA: { create: (options) => new StreamingLDA(options) },
  SCR: withPlugin(() => new SCRPlugin({ memSize: 40, batchSizeMem: 10 })),
  CoPE: withPlugin(() => new CoPEPlugin({ memSize: 40, alpha: 0.9 })),
};

describe("exportStrategy() of tasks that share class ids", () => {
  for (const [name, { create }] of Object.entries(CLASSIFIERS)) {
    for (const numClasses of name === "CoPE" || name === "SCR" ? [4, 1, 7] : [4]) {
      test(`predicts what evaluation does, of known and unknown tasks: ${name}, ${numClasses} outputs`, async () => {
        const model = mlp({ ...SMALL_MLP, numClasses });
        const strategy = create(makeOptions({ model, optimizer: new Adam({ learningRate: 0.02 }), trainEpochs: 2 }));
        await withStrategy(strategy, async () => {
          for (const experience of benchmark.trainStream) {
            await strategy.train(experience);
            const { bytes } = await exportStrategy(strategy, { benchmark, experience });
            const inputs = decodeModel(bytes).graph.inputs.map((input) => input.name);
            expect(inputs).toEqual(["input", "task_labels"]);
            const batches = [...benchmark.testStream].map(({ dataset }) => {
              return { ...readSamples(dataset), taskLabels: dataset.targetsTaskLabels };
            });
            const predictions = await predictClasses(strategy, benchmark);
            expect([...(await evaluateExport(bytes, batches))]).toEqual(predictions.flat());
          }
        });
      });
    }
  }
});
