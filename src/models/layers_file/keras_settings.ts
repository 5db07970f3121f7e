/**
 * A layer's settings, and what they hold, as TF.js reads them where tf.keras writes them otherwise: L1 and L2 are L1L2
 * with one of both, and a separable convolution has settings of the kernel that it has not. To be given to JSON.parse.
 */
export function adaptSetting(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { class_name, config } = value as { readonly class_name?: unknown; readonly config?: unknown };
  if (typeof config !== "object" || config === null) return value;
  switch (class_name) {
    case "L1":
    case "L2":
      return { ...value, class_name: "L1L2", config: { l1: 0, l2: 0, ...config } };
    case "SeparableConv1D":
    case "SeparableConv2D":
      return { ...value, config: Object.fromEntries(Object.entries(config).filter(([key]) => !isOfKernel(key))) };
    default:
      return value;
  }
}

function isOfKernel(key: string): boolean {
  return ["kernel_initializer", "kernel_regularizer", "kernel_constraint"].includes(key);
}
