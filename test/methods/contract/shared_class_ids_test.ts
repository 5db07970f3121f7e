import { describe, expect, test } from "bun:test";
import { CoPEPlugin } from "../../../src/methods/cope/cope_plugin.ts";
import { FeCAMPlugin } from "../../../src/methods/fecam/fecam_plugin.ts";
import { ICaRLPlugin } from "../../../src/methods/icarl/icarl_plugin.ts";
import { NCMPlugin } from "../../../src/methods/ncm/ncm_plugin.ts";
import { RanPAC } from "../../../src/methods/ranpac/ranpac.ts";
import { SCRPlugin } from "../../../src/methods/scr/scr_plugin.ts";
import { StreamingLDA } from "../../../src/methods/streaming_lda/streaming_lda.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { type ContractMember, withPlugin } from "./contract_member.ts";
import { CONTRACT_MEMBERS } from "./contract_members.ts";
import { makeSharedIdsBenchmark, measureAccuracy, predictClasses } from "./shared_class_ids.ts";

const benchmark = makeSharedIdsBenchmark();

/** Trains on both tasks, and gives the accuracy on each. */
function learnBoth({ create }: Pick<ContractMember, "create">, modelOptions: Parameters<typeof mlp>[0]) {
  const model = mlp({ ...SMALL_MLP, hiddenSize: 16, ...modelOptions });
  const strategy = create(makeOptions({ model, optimizer: new Adam({ learningRate: 0.02 }), trainEpochs: 6 }));
  return withStrategy(strategy, async () => {
    await strategy.train(benchmark.trainStream);
    const predictions = await predictClasses(strategy, benchmark);
    return [...benchmark.testStream].map(({ dataset }, i) => measureAccuracy(predictions[i] ?? [], dataset));
  });
}

/** What compares samples with classes. */
const CLASSIFIERS: Readonly<Record<string, Pick<ContractMember, "create">>> = {
  "NCM of a memory": withPlugin(() => new NCMPlugin({ memSize: 40 })),
  "NCM of all samples": withPlugin(() => new NCMPlugin({ update: "oracle", normalize: false })),
  FeCAM: withPlugin(() => new FeCAMPlugin({ memSize: 120 })),
  iCaRL: withPlugin(() => new ICaRLPlugin({ memSize: 40 })),
  "iCaRL with a memory that grows": withPlugin(() => new ICaRLPlugin({ memSize: 10, fixedMemory: false })),
  SLDA: { create: (options) => new StreamingLDA(options) },
  RanPAC: { create: (options) => new RanPAC({ ...options, projectionSize: 100 }) },
  SCR: withPlugin(() => new SCRPlugin({ memSize: 40, batchSizeMem: 10 })),
  CoPE: withPlugin(() => new CoPEPlugin({ memSize: 40, alpha: 0.9 })),
};

describe("tasks that share class ids", () => {
  for (const [name, member] of Object.entries(CLASSIFIERS)) {
    test(`are told apart by ${name}, with one head`, async () => {
      for (const accuracy of await learnBoth(member, {})) expect(accuracy).toBeGreaterThan(0.7);
    });
  }

  const members = ["ICaRL", "NCMPlugin", "BiC", "DER", "ER_ACE", "GDumb", "IL2M", "LwF", "PackNet", "Replay"];
  for (const name of members) {
    test(`are told apart by ${name}, with a head a task`, async () => {
      const member = CONTRACT_MEMBERS[name];
      if (!member) throw new Error(`There is no member ${name}`);
      for (const accuracy of await learnBoth(member, { multiHead: true })) expect(accuracy).toBeGreaterThan(0.9);
    });
  }
});
