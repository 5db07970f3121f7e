"""PyTorch's parameters after steps on minibatches of which each has samples of some tasks alone, with a head a task.

Writes heads.json into the folder given, test/training/heads in this project. Needs torch:

    python scripts/peers/heads_torch.py test/training/heads

The network is 3-4 with a ReLU and three heads of two units, in double precision. Values of its parameters are 0.5 sin(i + 1) + 0.1, of weights
[in, out], of heads by task; sample value i is cos(i + 1), the label of row i is i mod 2. Row i of a minibatch has the task tasks[i mod length].
A head without samples has no gradient, so that its optimizer leaves it alone.
"""

import json
import os
import sys

import torch
from torch.nn import functional as F

ROWS, HEADS = 4, 3
TASKS = [[0], [0], [1], [0, 1], [1], [1], [2], [2, 0], [1], [0, 1, 2]]

OPTIMIZERS = {
    "sgd": lambda values: torch.optim.SGD(values, lr=0.3, momentum=0.9, weight_decay=0.01),
    "adam": lambda values: torch.optim.Adam(values, lr=0.05),
    "adamw": lambda values: torch.optim.AdamW(values, lr=0.05, weight_decay=0.1),
    "rmsprop": lambda values: torch.optim.RMSprop(values, lr=0.01, alpha=0.9, momentum=0.5),
    "adagrad": lambda values: torch.optim.Adagrad(values, lr=0.05, lr_decay=0.1),
}


def make(*shape):
    count = torch.Size(shape).numel()
    return (torch.arange(1, count + 1, dtype=torch.float64).sin() * 0.5 + 0.1).float().double().reshape(shape)


def train(create):
    body = [make(3, 4).requires_grad_(), make(4).requires_grad_()]
    kernels = [value.clone().requires_grad_() for value in make(HEADS, 4, 2)]
    biases = [value.clone().requires_grad_() for value in make(HEADS, 2)]
    x = torch.arange(1, ROWS * 3 + 1, dtype=torch.float64).cos().float().double().reshape(ROWS, 3)
    y = torch.arange(ROWS) % 2
    optimizer = create(body + kernels + biases)
    for tasks in TASKS:
        optimizer.zero_grad()
        hidden = F.relu(x @ body[0] + body[1])
        labels = [tasks[row % len(tasks)] for row in range(ROWS)]
        outputs = torch.stack([hidden[row] @ kernels[task] + biases[task] for row, task in enumerate(labels)])
        F.cross_entropy(outputs, y).backward()
        optimizer.step()
    trained = {"fc0/kernel": body[0], "fc0/bias": body[1]}
    trained |= {"classifier/kernel": torch.stack(kernels), "classifier/bias": torch.stack(biases)}
    return {name: value.detach().flatten().tolist() for name, value in trained.items()}


def main(folder):
    torch.set_num_threads(1)
    trained = {name: train(create) for name, create in OPTIMIZERS.items()}
    with open(os.path.join(folder, "heads.json"), "w") as file:
        about = {"torch": torch.__version__.split("+")[0], "rows": ROWS, "tasks": TASKS}
        json.dump({**about, "trained": trained}, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
