"""Small networks of the kinds that people export, as ONNX files of PyTorch's two exporters, with PyTorch's own logits and gradients.

Writes NAME.KIND.onnx and networks.json into the folder given, test/onnx/import/networks in this project. Needs torch,
torchvision, onnx and onnxscript:

    python scripts/peers/onnx_networks.py test/onnx/import/networks

The input's value i is sin(i + 1) and the label of row i is (3 i + 1) mod 5. Of each parameter's gradient g the file holds its
norm and Σ g_i cos(i + 1). Weights are random: no network here was trained. Of networks with BatchNormalization it holds the same
in training mode, too, and what a step has made of the running statistics.
"""

import json
import math
import os
import sys
import warnings
from functools import partial

import onnx
import torch
import torchvision.models as zoo
from torch import nn
from torchvision.models.convnext import CNBlockConfig
from torchvision.models.efficientnet import MBConvConfig
from torchvision.models.mobilenetv3 import InvertedResidualConfig

CLASSES = 5
ROWS = 3

# What has the legacy exporter write all weights as they are.
KEPT = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}


class Residual(nn.Module):
    """A ResNet of two blocks, the second with a shortcut that is a convolution."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.layer1 = zoo.resnet.BasicBlock(6, 6)
        shortcut = nn.Sequential(nn.Conv2d(6, 8, 1, 2, bias=False), nn.BatchNorm2d(8))
        self.layer2 = zoo.resnet.BasicBlock(6, 8, 2, shortcut)
        self.fc = nn.Linear(8, CLASSES)

    def forward(self, x):
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(self.layer2(self.layer1(self.stem(x))), 1), 1))


class Operators(nn.Module):
    """Convolutions of other kinds, norms and activations that the other networks have not."""

    def __init__(self):
        super().__init__()
        self.up = nn.ConvTranspose2d(3, 4, 2, 2)
        self.group = nn.GroupNorm(2, 4)
        self.instance = nn.InstanceNorm2d(4, affine=True)
        self.prelu = nn.PReLU(4)
        self.norm = nn.LayerNorm(4, elementwise_affine=True)
        self.fc = nn.Linear(4, CLASSES)

    def forward(self, x):
        x = nn.functional.celu(self.group(self.up(x)), 1.5)
        x = self.prelu(self.instance(x))
        x = nn.functional.avg_pool2d(x, 3, 2, 1, count_include_pad=True)
        x = nn.functional.max_pool2d(nn.functional.mish(x), 3, 2, ceil_mode=True)
        x = x + nn.functional.hardtanh(x) * torch.sin(torch.tensor(0.5)) + x.abs().clamp(max=2).pow(3)
        x = x.flatten(2).transpose(1, 2)
        x = self.norm(x)
        x = torch.logsumexp(x, 1) + x.amax(1) - x.min(1).values + torch.einsum("bij,bkj->bi", x, x)[:, :4]
        return self.fc(x)


class Tagger(nn.Module):
    """A recurrent network over the pixels of images, in both directions; `layer` is LSTM, GRU or RNN."""

    def __init__(self, layer, layers, bidirectional):
        super().__init__()
        self.layer = layer(3, 4, num_layers=layers, bidirectional=bidirectional, batch_first=True)
        self.fc = nn.Linear(8 if bidirectional else 4, CLASSES)

    def forward(self, x):
        outputs, _ = self.layer(x.flatten(2).transpose(1, 2))
        return self.fc(outputs[:, -1] + outputs.mean(1))


class Encoder(nn.Module):
    """PyTorch's own transformer encoder over the pixels of images."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(3, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 12, 0.0, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.fc = nn.Linear(8, CLASSES)

    def forward(self, x):
        return self.fc(self.encoder(self.embed(x.flatten(2).transpose(1, 2))).mean(1))


class TextEncoder(nn.Module):
    """An encoder of texts as BERT is: ids, a mask of what is no filling and the kinds of tokens."""

    def __init__(self, tokens=20, length=8, width=8, heads=2):
        super().__init__()
        self.heads = heads
        self.word = nn.Embedding(tokens, width)
        self.position = nn.Embedding(length, width)
        self.kind = nn.Embedding(2, width)
        self.register_buffer("position_ids", torch.arange(length).unsqueeze(0), persistent=False)
        self.norm = nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.attended = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 12), nn.Linear(12, width)
        self.done = nn.LayerNorm(width)
        self.pooler = nn.Linear(width, width)
        self.fc = nn.Linear(width, CLASSES)

    def forward(self, input_ids, attention_mask, token_type_ids):
        rows, length = input_ids.shape
        x = self.word(input_ids) + self.position(self.position_ids[:, :length]) + self.kind(token_type_ids)
        x = self.norm(x)
        mask = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * torch.finfo(x.dtype).min
        split = lambda z: z.view(rows, length, self.heads, -1).transpose(1, 2)  # noqa: E731
        scores = split(self.query(x)) @ split(self.key(x)).transpose(2, 3) / math.sqrt(x.shape[2] / self.heads)
        shares = torch.softmax(scores + mask, -1)
        context = (shares @ split(self.value(x))).transpose(1, 2).reshape(rows, length, -1)
        x = self.attended(x + self.out(context))
        x = self.done(x + self.down(nn.functional.gelu(self.up(x))))
        return self.fc(torch.tanh(self.pooler(x[:, 0])))


TOKENS = 6


def make_texts():
    """Row r has ids (7 r + 3 i + 1) mod 20, r tokens of filling at its end, and the second kind from its third token on."""
    rows, places = torch.meshgrid(torch.arange(ROWS), torch.arange(TOKENS), indexing="ij")
    return (7 * rows + 3 * places + 1) % 20, (places < TOKENS - rows).long(), (places >= 2).long()


def export_texts(network, texts, path, exporter):
    names = ["input_ids", "attention_mask", "token_type_ids"]
    if exporter == "legacy":
        axes = {name: {0: "batch", 1: "tokens"} for name in names} | {"logits": {0: "batch"}}
        named = {"input_names": names, "output_names": ["logits"], "dynamic_axes": axes}
        torch.onnx.export(network, texts, path, dynamo=False, opset_version=17, **named, **KEPT)
    else:
        batch = torch.export.Dim("batch", min=1, max=64)
        shapes = tuple({0: batch} for _ in names)
        torch.onnx.export(
            network, texts, path, dynamo=True, opset_version=18, input_names=names, dynamic_shapes=shapes, external_data=False, verbose=False
        )
    clean(path)


def build_all():
    """Every network and the side of its images. Those of sequences are made after the others were used."""
    yield from build().items()
    yield from {
        "lstm": (Tagger(nn.LSTM, 2, True), 3),
        "gru": (Tagger(nn.GRU, 1, True), 3),
        "rnn": (Tagger(nn.RNN, 1, False), 3),
        "encoder": (Encoder(), 3),
    }.items()


def build():
    """Networks of images."""
    norm = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)
    v3 = lambda *args: InvertedResidualConfig(*args, width_mult=1.0)  # noqa: E731
    return {
        "resnet": (Residual(), 12),
        "mobilenet_v2": (zoo.MobileNetV2(CLASSES, 0.25, [[1, 8, 1, 1], [3, 8, 2, 2]], 4, dropout=0.0), 16),
        "mobilenet_v3": (
            zoo.MobileNetV3([v3(8, 3, 8, 8, True, "RE", 1, 1), v3(8, 5, 16, 8, True, "HS", 2, 1)], 8, CLASSES, dropout=0.0),
            16,
        ),
        "efficientnet": (
            zoo.EfficientNet([MBConvConfig(1, 3, 1, 8, 8, 1), MBConvConfig(2, 5, 2, 8, 8, 2)], 0.0, 0.0, CLASSES, norm, 16),
            16,
        ),
        "densenet": (zoo.DenseNet(4, (2, 2), 8, num_classes=CLASSES), 32),
        "shufflenet": (zoo.ShuffleNetV2([1, 2, 1], [8, 8, 16, 16, 16], CLASSES), 32),
        "convnext": (zoo.ConvNeXt([CNBlockConfig(8, 16, 1), CNBlockConfig(16, None, 2)], num_classes=CLASSES, layer_scale=0.5), 16),
        "vit": (zoo.VisionTransformer(8, 4, 2, 2, 12, 16, num_classes=CLASSES), 8),
        "swin": (zoo.SwinTransformer([2, 2], 8, [2, 2], [1, 2], [2, 2], num_classes=CLASSES), 12),
        "operators": (Operators(), 8),
    }


def spread(network):
    """Numbers that are equal in a new network, those of norms, made different."""
    for parameter in network.parameters():
        if parameter.dim() == 1:
            parameter.data += 0.1 * torch.randn_like(parameter)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.8, 1.2)
    head = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    nn.init.normal_(head.weight, std=0.5)


def measure(values):
    """|v| and Σ v_i cos(i + 1)."""
    v = values.detach().double().flatten()
    projection = (v * torch.cos(torch.arange(1, v.numel() + 1, dtype=torch.float64))).sum().item()
    return [math.sqrt((v * v).sum().item()), projection]


def differentiate(network, x, y):
    """Logits, and the gradients of the mean cross-entropy."""
    network.zero_grad()
    logits = network(*x) if isinstance(x, tuple) else network(x)
    nn.functional.cross_entropy(logits, y).backward()
    gradients = {name: measure(value.grad) for name, value in network.named_parameters()}
    return {"logits": logits.flatten().tolist(), "gradients": gradients}


def differentiate_in_training(network, x, y):
    network.train()
    recorded = differentiate(network, x, y)
    statistics = {name: measure(value) for name, value in network.named_buffers() if "running_" in name}
    return {**recorded, "statistics": statistics}


def export(network, x, path, exporter):
    if exporter == "legacy":
        axes = {"input": {0: "batch"}, "logits": {0: "batch"}}
        names = {"input_names": ["input"], "output_names": ["logits"], "dynamic_axes": axes}
        torch.onnx.export(network, (x,), path, dynamo=False, opset_version=17, **names, **KEPT)
    else:
        batch = torch.export.Dim("batch", min=1, max=64)
        torch.onnx.export(network, (x,), path, dynamo=True, opset_version=18, dynamic_shapes=({0: batch},), external_data=False, verbose=False)
    clean(path)


def clean(path):
    model = onnx.load(path)
    # What the file was made with, where and from which lines is not part of the network.
    del model.metadata_props[:], model.graph.value_info[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    onnx.save(model, path)


def main(folder):
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(7)
    recorded = {}
    for name, (network, side) in build_all():
        network.eval()
        spread(network)
        x = torch.sin(torch.arange(1, ROWS * 3 * side * side + 1, dtype=torch.float64)).float().reshape(ROWS, 3, side, side)
        y = torch.tensor([(3 * row + 1) % CLASSES for row in range(ROWS)])
        recorded[name] = {"side": side, **differentiate(network, x, y)}
        for exporter in ("legacy", "dynamo"):
            export(network, x, os.path.join(folder, f"{name}.{exporter}.onnx"), exporter)
        # The norms at the end of this shufflenet take three values a channel: rounding shows in what they give.
        if name != "shufflenet" and any(isinstance(module, nn.BatchNorm2d) for module in network.modules()):
            recorded[name]["training"] = differentiate_in_training(network, x, y)
    torch.manual_seed(8)
    network = TextEncoder().eval()
    spread(network)
    texts = make_texts()
    y = torch.tensor([(3 * row + 1) % CLASSES for row in range(ROWS)])
    recorded_texts = {"text_encoder": differentiate(network, texts, y)}
    for exporter in ("legacy", "dynamo"):
        export_texts(network, texts, os.path.join(folder, f"text_encoder.{exporter}.onnx"), exporter)
    with open(os.path.join(folder, "networks.json"), "w") as file:
        about = {"torch": torch.__version__.split("+")[0], "networks": recorded, "texts": recorded_texts}
        json.dump(about, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
