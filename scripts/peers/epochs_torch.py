"""Some epochs of each experience of SplitMNIST in plain PyTorch, one experience a request.

A loop, no strategies or plugins. Data are normalised tensors in memory.
Config: {"threads", "data", "classOrder", "batchSize", "epochs", "optimizer": "sgd" or "adam", "flushDenormal",
"examplesPerExperience" or null}. Request: {}; answer: {"millisecondsPerStep"}.
"""

import time

from peer_protocol import CONFIG, load_torch, serve

torch = load_torch()
torch.set_flush_denormal(CONFIG["flushDenormal"])

from peer_data import load_mnist  # noqa: E402
from peer_models import create_model  # noqa: E402

images, labels = load_mnist(torch, CONFIG["data"], "train")
order = CONFIG["classOrder"]
stream = []
for first in range(0, 10, 2):
    chosen = (labels == order[first]) | (labels == order[first + 1])
    stream.append(chosen.nonzero().flatten()[: CONFIG["examplesPerExperience"]])
model = create_model(torch, "simple-mlp")
model.train()
if CONFIG["optimizer"] == "sgd":
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
else:
    optimizer = torch.optim.Adam(model.parameters())
criterion = torch.nn.CrossEntropyLoss()
position = 0


def measure(_):
    global position
    rows = stream[position]
    position += 1
    steps = 0
    began = time.perf_counter()
    for _ in range(CONFIG["epochs"]):
        shuffled = rows[torch.randperm(len(rows))]
        for start in range(0, len(rows), CONFIG["batchSize"]):
            batch = shuffled[start : start + CONFIG["batchSize"]]
            optimizer.zero_grad()
            criterion(model(images[batch]), labels[batch]).backward()
            optimizer.step()
            steps += 1
    return {"millisecondsPerStep": 1000 * (time.perf_counter() - began) / steps}


serve({"torch": torch.__version__}, measure)
