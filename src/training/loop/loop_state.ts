import type { HostTensor } from "../../core/host_tensor.ts";
import { Dataset } from "../../data/dataset.ts";
import type { DataLoader } from "../../memory/loaders/data_loader.ts";
import type { Experience } from "../../streams/experience.ts";

const EMPTY_OUTPUT: HostTensor = { data: new Float32Array(0), shape: [0, 0] };

/** Where a training or evaluation loop stands. The loop writes here; plugins see it as the strategy's attributes. */
export class LoopState {
  isTraining = false;
  currentEvalStream: readonly Experience[] = [];
  experience: Experience | undefined;
  adaptedDataset = Dataset.empty();
  dataloader: DataLoader | undefined;
  mbatch = Dataset.empty();
  /** Read from `mbatch` at the first use. */
  mbX: HostTensor | undefined;
  mbOutput = EMPTY_OUTPUT;
  loss = 0;

  /** Remembers all of it. The result puts it back. */
  save(): () => void {
    const { isTraining, currentEvalStream, experience, adaptedDataset, dataloader, mbatch, mbX, mbOutput, loss } = this;
    const saved = {
      isTraining,
      currentEvalStream,
      experience,
      adaptedDataset,
      dataloader,
      mbatch,
      mbX,
      mbOutput,
      loss,
    };
    return () => void Object.assign(this, saved);
  }

  /** Drops the samples of a loop that has ended. */
  forgetSamples(): void {
    this.adaptedDataset = Dataset.empty();
    this.dataloader = undefined;
    this.beginMinibatch(Dataset.empty());
    this.mbOutput = EMPTY_OUTPUT;
  }

  beginMinibatch(samples: Dataset): void {
    this.mbatch = samples;
    this.mbX = undefined;
  }
}
