import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import type { LossAndGradient } from "../../training/losses/loss_and_gradient.ts";

/**
 * The loss of a variational autoencoder: Σ (x̂ − x)² + β · ½ Σ (μ² + σ² − 1 − ln σ²), sums over a sample's values and
 * latents, the mean over the minibatch. That is the evidence bound, but for constants, of a Gaussian decoder of
 * variance ½.
 * @param output Reconstructions, means and log variances side by side [B, D + 2L]. Borrowed.
 * @param x The samples [B, …], D values each. Borrowed.
 * @param beta Weight of the divergence from N(0, 1); 1 is the bound's.
 * @throws {RangeError} If the output is not as wide as that.
 * @see Kingma and Welling 2014, Auto-Encoding Variational Bayes, arXiv:1312.6114, appendix B; Higgins et al. 2017,
 * beta-VAE
 */
export function evaluateVAELoss(
  output: HostTensor,
  x: HostTensor,
  { latentSize, beta = 1 }: { readonly latentSize: number; readonly beta?: number },
): Required<LossAndGradient> {
  const [rows, width] = matrixShape(output.shape);
  const size = width - 2 * latentSize;
  if (x.data.length !== rows * size) {
    const wanted = `an output of ${x.data.length / rows} + 2 · ${latentSize} numbers a sample`;
    throw new RangeRefusal(needs("the loss of a variational autoencoder", wanted, width));
  }
  const dOutput = new Float32Array(output.data.length);
  const losses = new Float64Array(rows);
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const from = row * width;
    let loss = 0;
    for (let i = 0; i < size; i++) {
      const difference = (output.data[from + i] ?? 0) - (x.data[row * size + i] ?? 0);
      loss += difference * difference;
      dOutput[from + i] = (2 * difference) / rows;
    }
    for (let i = from + size; i < from + size + latentSize; i++) {
      const mean = output.data[i] ?? 0;
      const logVariance = output.data[i + latentSize] ?? 0;
      const variance = Math.exp(logVariance);
      loss += (beta / 2) * (mean * mean + variance - 1 - logVariance);
      dOutput[i] = (beta * mean) / rows;
      dOutput[i + latentSize] = (beta * (variance - 1)) / (2 * rows);
    }
    losses[row] = loss;
    total += loss;
  }
  return { loss: total / rows, dOutput, losses };
}
