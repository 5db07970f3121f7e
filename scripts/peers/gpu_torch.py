"""What gpu-check takes from PyTorch: networks as ONNX files, and training steps on a device to compare with.

    gpu_torch.py networks FOLDER SIZE          writes resnet18.onnx and vit-b.onnx for images of SIZE by SIZE
    gpu_torch.py steps DEVICE SIZE ROWS STEPS  one line of JSON a model: {"model", "batchSize", "milliseconds"}

ROWS is "SimpleMLP=128,ResNet-18=64": the models that are measured, each with the size of its minibatch. Needs torch and torchvision, and
onnx for `networks`. Weights are random.
"""

import json
import os
import sys
import time

import torch
import torchvision.models as zoo
from torch import nn

from peer_models import create_model

CLASSES = 10
IMAGE_MODELS = {
    "ResNet-18": lambda size: zoo.resnet18(num_classes=CLASSES),
    "ViT-B": lambda size: zoo.VisionTransformer(size, 16, 12, 12, 768, 3072, num_classes=CLASSES),
}
FILES = {"ResNet-18": "resnet18.onnx", "ViT-B": "vit-b.onnx"}
# What has the exporter write all weights as they are.
KEPT = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
SMALL = {"SimpleMLP": ("simple-mlp", (28, 28, 1)), "SimpleCNN": ("simple-cnn", (3, 32, 32)), "SlimResNet18": ("slim-resnet18", (3, 32, 32))}


def write_networks(folder, size):
    for name, create in IMAGE_MODELS.items():
        network = create(size).eval()
        path = os.path.join(folder, FILES[name])
        images = torch.zeros(2, 3, size, size)
        axes = {"images": {0: "N"}, "logits": {0: "N"}}
        torch.onnx.export(network, images, path, input_names=["images"], output_names=["logits"], dynamic_axes=axes, opset_version=17, dynamo=False, **KEPT)


def measure_steps(device, size, rows, steps):
    for name, batch in rows:
        model, shape = (IMAGE_MODELS[name](size), (3, size, size)) if name in IMAGE_MODELS else (create_model(torch, SMALL[name][0]), SMALL[name][1])
        model = model.to(device).train()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        criterion = nn.CrossEntropyLoss()
        images = torch.rand(batch, *shape)
        labels = torch.arange(batch) % CLASSES

        def step():
            # As in a training loop: the minibatch comes from the host.
            optimizer.zero_grad()
            criterion(model(images.to(device)), labels.to(device)).backward()
            optimizer.step()

        def wait():
            if device.startswith("cuda"):
                torch.cuda.synchronize(device)

        step()
        times = []
        for _ in range(steps):
            wait()
            began = time.perf_counter()
            step()
            wait()
            times.append((time.perf_counter() - began) * 1000)
        answer = {"model": name, "batchSize": batch, "milliseconds": sorted(times)[len(times) // 2]}
        print(json.dumps(answer), flush=True)


if sys.argv[1] == "networks":
    write_networks(sys.argv[2], int(sys.argv[3]))
else:
    wanted = [(name, int(batch)) for name, batch in (part.split("=") for part in sys.argv[4].split(","))]
    measure_steps(sys.argv[2], int(sys.argv[3]), wanted, int(sys.argv[5]))
