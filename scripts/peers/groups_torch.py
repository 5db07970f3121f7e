"""PyTorch's parameters after some steps with parameter groups of which one is held still at first.

Writes groups.json into the folder given, test/training/groups in this project. Needs torch:

    python scripts/peers/groups_torch.py test/training/groups

The network is 3-4-2 with a ReLU, in double precision. Values of its parameters are 0.5 sin(i + 1) + 0.1, of weights [in, out]; sample value
i is cos(i + 1), and the label of row i is i mod 2. Each step takes all rows. The body fc0 has a tenth of the learning rate and, in the first
FROZEN steps, a learning rate of 0.
"""

import json
import os
import sys

import torch
from torch.nn import functional as F

ROWS, STEPS, FROZEN = 5, 6, 2

OPTIMIZERS = {
    "sgd": lambda groups: torch.optim.SGD(groups, lr=0.5, momentum=0.9, weight_decay=0.01),
    "adam": lambda groups: torch.optim.Adam(groups, lr=0.05),
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=0.05, weight_decay=0.1),
}


def make(*shape):
    count = torch.Size(shape).numel()
    values = (torch.arange(1, count + 1, dtype=torch.float64).sin() * 0.5 + 0.1).float().double()
    return values.reshape(shape).requires_grad_()


def train(create):
    parameters = {
        "fc0/kernel": make(3, 4),
        "fc0/bias": make(4),
        "classifier/kernel": make(4, 2),
        "classifier/bias": make(2),
    }
    x = torch.arange(1, ROWS * 3 + 1, dtype=torch.float64).cos().float().double().reshape(ROWS, 3)
    y = torch.arange(ROWS) % 2
    body = [value for name, value in parameters.items() if name.startswith("fc0")]
    head = [value for name, value in parameters.items() if name.startswith("classifier")]
    optimizer = create([{"params": body}, {"params": head}])
    rate = optimizer.param_groups[0]["lr"] / 10
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = rate if step >= FROZEN else 0.0
        optimizer.zero_grad()
        hidden = F.relu(x @ parameters["fc0/kernel"] + parameters["fc0/bias"])
        F.cross_entropy(hidden @ parameters["classifier/kernel"] + parameters["classifier/bias"], y).backward()
        optimizer.step()
    return {name: value.detach().flatten().tolist() for name, value in parameters.items()}


def main(folder):
    torch.set_num_threads(1)
    trained = {name: train(create) for name, create in OPTIMIZERS.items()}
    with open(os.path.join(folder, "groups.json"), "w") as file:
        about = {"torch": torch.__version__.split("+")[0], "rows": ROWS, "steps": STEPS, "frozen": FROZEN}
        json.dump({**about, "trained": trained}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
