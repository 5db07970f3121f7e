import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { converted, type Field, record, vector } from "../../core/state/state.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";

/** A frozen copy of a strategy's model: its parameters [P] and layer state [Q], computed by the strategy's replicas. */
export class Teacher {
  /** [P]; never written to. */
  readonly parameters: Float32Array;
  /** [Q]; never written to. */
  readonly state: Float32Array;

  constructor(parameters: Float32Array, state: Float32Array) {
    this.parameters = parameters;
    this.state = state;
  }

  /** The model as it is now. */
  static copy({ parameters, cluster }: BaseStrategy): Teacher {
    return new Teacher(Float32Array.from(parameters), Float32Array.from(cluster.state));
  }

  /** Its outputs [B, C], without dropout. The caller owns them. */
  async forward(strategy: BaseStrategy, samples: Dataset): Promise<HostTensor> {
    const { state } = strategy.cluster;
    const current = Float32Array.from(state);
    state.set(this.state);
    try {
      return await strategy.forwardWith(this.parameters, samples);
    } finally {
      state.set(current);
    }
  }

  /** The same teacher for a model whose heads have grown; the new units are the strategy's own. */
  grow({ parameters, cluster }: BaseStrategy, growth: ModelGrowth): Teacher {
    return new Teacher(growth.remap(this.parameters, parameters), growth.remapState(this.state, cluster.state));
  }
}

/** A field that holds a teacher. */
export function teacherField(): Field<Teacher> {
  return converted(record({ parameters: vector(), state: vector() }), {
    create: () => new Teacher(new Float32Array(0), new Float32Array(0)),
    save: (teacher: Teacher) => teacher,
    restore: ({ parameters, state }) => new Teacher(parameters, state),
  });
}

/** The most likely of these classes, or of all where none are given, for each row of outputs [B, C]: class ids [B]. */
export function chooseClasses({ data, shape }: HostTensor, classes: readonly number[]): Int32Array {
  const [rows, width] = matrixShape(shape);
  const columns = classes.length > 0 ? classes : [...Array(width).keys()];
  return Int32Array.from({ length: rows }, (_, row) =>
    columns.reduce((best, id) => ((data[row * width + id] ?? 0) > (data[row * width + best] ?? 0) ? id : best)),
  );
}
