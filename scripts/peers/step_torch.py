"""Training steps in PyTorch: gather the rows, forward, loss, backward, momentum SGD.

Config: {"threads", "model", "batchSize", "data": folder of MNIST, "gemmSize"}.
Request: {"steps": n}; answer: {"msPerStep"}.
"""

import time

from peer_protocol import CONFIG, load_torch, measure_gemm, serve

torch = load_torch()

from peer_data import load_mnist, make_images  # noqa: E402
from peer_models import create_model  # noqa: E402

BATCH = CONFIG["batchSize"]
# Normalised floats beforehand: the library does that inside its step, here it costs nothing.
if CONFIG["model"].endswith("-mlp"):
    images, labels = load_mnist(torch, CONFIG["data"], "train")
else:
    images, labels = make_images(torch, 10 * BATCH)

model = create_model(torch, CONFIG["model"])
model.train()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
criterion = torch.nn.CrossEntropyLoss()
generator = torch.Generator().manual_seed(0)


def step():
    rows = torch.randint(0, len(labels), (BATCH,), generator=generator)
    optimizer.zero_grad()
    loss = criterion(model(images[rows]), labels[rows])
    loss.backward()
    optimizer.step()


def measure(request):
    began = time.perf_counter()
    for _ in range(request["steps"]):
        step()
    return {"msPerStep": (time.perf_counter() - began) * 1000 / request["steps"]}


serve({"torch": torch.__version__, "gemmRate": measure_gemm(torch, CONFIG["gemmSize"])}, measure)
