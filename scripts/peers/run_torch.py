"""A whole SplitMNIST run in plain PyTorch: 5 experiences, 1 epoch each, evaluation on the test stream after each.

Not Avalanche: no strategies, plugins or metrics, only the loops. Data are normalised tensors in memory.
Config: {"threads", "data", "batchSize", "evalBatchSize", "classOrder", "examplesPerExperience" or null}.
Request: {}; answer: {"seconds", "accuracy"}.
"""

import time

from peer_protocol import CONFIG, load_torch, serve

torch = load_torch()

from peer_data import load_mnist  # noqa: E402
from peer_models import create_model  # noqa: E402


def split(part, limit):
    images, labels = load_mnist(torch, CONFIG["data"], part)
    order = CONFIG["classOrder"]
    experiences = []
    for first in range(0, 10, 2):
        chosen = (labels == order[first]) | (labels == order[first + 1])
        rows = chosen.nonzero().flatten()[:limit]
        experiences.append((images[rows], labels[rows]))
    return experiences


train_stream = split("train", CONFIG["examplesPerExperience"])
test_stream = split("t10k", None)


def evaluate(model, criterion):
    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in test_stream:
            for start in range(0, len(labels), CONFIG["evalBatchSize"]):
                end = start + CONFIG["evalBatchSize"]
                output = model(images[start:end])
                criterion(output, labels[start:end]).item()
                correct += (output.argmax(1) == labels[start:end]).sum().item()
    return correct / sum(len(labels) for _, labels in test_stream)


def measure(_):
    began = time.perf_counter()
    model = create_model(torch, "simple-mlp")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    criterion = torch.nn.CrossEntropyLoss()
    accuracy = 0.0
    for images, labels in train_stream:
        model.train()
        order = torch.randperm(len(labels))
        for start in range(0, len(labels), CONFIG["batchSize"]):
            rows = order[start : start + CONFIG["batchSize"]]
            optimizer.zero_grad()
            criterion(model(images[rows]), labels[rows]).backward()
            optimizer.step()
        accuracy = evaluate(model, criterion)
    return {"seconds": time.perf_counter() - began, "accuracy": accuracy}


serve({"torch": torch.__version__}, measure)
