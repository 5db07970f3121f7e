"""Fine-tuning steps of a whole torchvision network in PyTorch, and the network as an ONNX file for others.

Config: {"threads", "network": a name in torchvision.models, "side", "batchSize", "file": where the ONNX file goes}.
Request: {"steps": n, "training": false for outputs alone}; answer: {"msPerStep"}, and "peakMegabytes" on Linux.

Norms go by the batch in training, on both sides: the file keeps them.
"""

import re
import time

from peer_export import write_network
from peer_protocol import CONFIG, load_torch, serve

torch = load_torch()

import torchvision.models  # noqa: E402

torch.manual_seed(0)
BATCH, SIDE = CONFIG["batchSize"], CONFIG["side"]
network = getattr(torchvision.models, CONFIG["network"])(weights=None, num_classes=10)
write_network(torch, network, CONFIG, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
optimizer = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9)
images, labels = torch.rand(10 * BATCH, 3, SIDE, SIDE), torch.randint(0, 10, (10 * BATCH,))
generator = torch.Generator().manual_seed(0)


def step(training):
    rows = torch.randint(0, len(labels), (BATCH,), generator=generator)
    network.train(training)
    if not training:
        with torch.no_grad():
            return network(images[rows])
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(network(images[rows]), labels[rows]).backward()
    optimizer.step()


def read_peak():
    """The most memory that this process held, in 10⁶ bytes."""
    try:
        with open("/proc/self/status") as status:
            return {"peakMegabytes": int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1024 / 1e6}
    except OSError:
        return {}


def measure(request):
    began = time.perf_counter()
    for _ in range(request["steps"]):
        step(request["training"])
    return {"msPerStep": (time.perf_counter() - began) * 1000 / request["steps"], **read_peak()}


serve({"torch": torch.__version__}, measure)
