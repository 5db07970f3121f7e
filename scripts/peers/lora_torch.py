"""A small network with low-rank adapters in PyTorch: its ONNX file without them, and PyTorch's numbers with them.

Writes adapted.onnx and adapted.json into the folder given, test/onnx/import/adapters in this project. Needs torch, torchvision and onnx:

    python scripts/peers/lora_torch.py test/onnx/import/adapters

The input's value i is sin(i + 1) and the label of row i is (3 i + 1) mod 5. Adapters have rank 2 and alpha 3. Value i of A is
0.4 sin(i + 1), and of B 0 or 0.4 cos(i + 1). `gradients` are those of the mean cross-entropy, `trained` the values after STEPS
steps of Adam that begin with B = 0. The classifier fc is trained as a whole.
"""

import json
import os
import sys

import torch
from onnx_networks import CLASSES, KEPT, ROWS, clean
from torch import nn
from torch.nn import functional as F

SIDE, RANK, ALPHA = 5, 2, 3
STEPS, RATE = 5, 0.01
# By the layer, as the ONNX file's weights are called.
ADAPTED = ["point", "mix", "hidden"]


class Network(nn.Module):
    """A convolution without a window, a linear layer on sequences (MatMul) and two on rows (Gemm)."""

    def __init__(self):
        super().__init__()
        self.point = nn.Conv2d(3, 6, 1, 2)
        self.mix = nn.Linear(6, 8)
        self.hidden = nn.Linear(8, 7)
        self.fc = nn.Linear(7, CLASSES)
        self.adapters = nn.ParameterDict()

    def adapt(self):
        """Adds A and B, beside weights that are not trained from now on."""
        for name in ADAPTED:
            layer = getattr(self, name)
            layer.requires_grad_(False)
            outputs, inputs, *window = layer.weight.shape
            a, b = torch.arange(1, RANK * inputs + 1).float().sin() * 0.4, torch.zeros(outputs * RANK)
            self.adapters[f"{name}_a"] = nn.Parameter(a.reshape(RANK, inputs, *window))
            self.adapters[f"{name}_b"] = nn.Parameter(b.reshape(outputs, RANK, *window))

    def turn(self):
        """Gives B values that are not 0."""
        for name in ADAPTED:
            b = self.adapters[f"{name}_b"]
            b.data = (torch.arange(1, b.numel() + 1).float().cos() * 0.4).reshape(b.shape)

    def call(self, name, x):
        y = getattr(self, name)(x)
        if f"{name}_a" not in self.adapters:
            return y
        a, b = self.adapters[f"{name}_a"], self.adapters[f"{name}_b"]
        if a.dim() == 4:
            low = F.conv2d(F.conv2d(x, a, stride=2), b)
        else:
            low = F.linear(F.linear(x, a), b)
        return y + ALPHA / RANK * low

    def forward(self, x):
        x = F.relu(self.call("point", x)).flatten(2).transpose(1, 2)
        x = torch.tanh(self.call("mix", x)).mean(1)
        return self.fc(F.relu(self.call("hidden", x)))


def list_trained(network):
    """Parameters by the names that they have in this project."""
    named = {"fc.weight": network.fc.weight, "fc.bias": network.fc.bias}
    for name in ADAPTED:
        named[f"{name}.weight.lora_A"] = network.adapters[f"{name}_a"]
        named[f"{name}.weight.lora_B"] = network.adapters[f"{name}_b"]
    return named


def main(folder):
    torch.set_num_threads(1)
    torch.manual_seed(3)
    network = Network().eval()
    x = torch.sin(torch.arange(1, ROWS * 3 * SIDE * SIDE + 1, dtype=torch.float64)).float().reshape(ROWS, 3, SIDE, SIDE)
    y = torch.tensor([(3 * row + 1) % CLASSES for row in range(ROWS)])
    path = os.path.join(folder, "adapted.onnx")
    axes = {"input": {0: "batch"}, "logits": {0: "batch"}}
    names = {"input_names": ["input"], "output_names": ["logits"], "dynamic_axes": axes}
    torch.onnx.export(network, (x,), path, dynamo=False, opset_version=17, **names, **KEPT)
    clean(path)
    recorded = {"torch": torch.__version__.split("+")[0], "rank": RANK, "alpha": ALPHA, "rate": RATE, "steps": STEPS}
    recorded["before"] = network(x).flatten().tolist()
    network.adapt()
    trained = list_trained(network)
    start = {name: value.detach().clone() for name, value in trained.items()}
    optimizer = torch.optim.Adam(list(trained.values()), lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        F.cross_entropy(network(x), y).backward()
        optimizer.step()
    recorded["trained"] = {name: value.detach().flatten().tolist() for name, value in trained.items()}
    for name, value in trained.items():
        value.data = start[name].clone()
    network.turn()
    network.zero_grad()
    logits = network(x)
    F.cross_entropy(logits, y).backward()
    recorded["logits"] = logits.flatten().tolist()
    recorded["gradients"] = {name: value.grad.flatten().tolist() for name, value in trained.items()}
    with open(os.path.join(folder, "adapted.json"), "w") as file:
        json.dump(recorded, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
