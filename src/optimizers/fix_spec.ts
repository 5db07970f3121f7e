import { RefusalError } from "../core/errors/errors.ts";
import { fixFields } from "../core/options/fixed_fields.ts";
import type { Optimizer } from "./optimizer.ts";
import type { OptimizerSpec } from "./optimizer_spec.ts";

/**
 * An optimizer's constants, such that assigning to one of them, or to an attribute of that name of the optimizer, says
 * what to do instead: the replicas know the constants already.
 * @param className The optimizer's class, for a group of its parameters in place of the optimizer itself.
 */
export function fixSpec<Spec extends OptimizerSpec>(
  optimizer: Pick<Optimizer, "learningRate">,
  spec: Spec,
  className = optimizer.constructor.name,
): Spec {
  const refuse = (name: string) => {
    return `${name} is given when an optimizer is made: assign strategy.optimizer = new ${className}(…)`;
  };
  for (const [name, value] of Object.entries(spec)) {
    const set = () => {
      throw new RefusalError(refuse(name));
    };
    Object.defineProperty(optimizer, name, { get: () => value, set });
  }
  return fixFields(spec, refuse);
}
