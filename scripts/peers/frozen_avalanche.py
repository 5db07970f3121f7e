"""A frozen network of timm with a new classifier, trained by Avalanche's Naive, and the network as an ONNX file.

Config: {"threads", "network": a name in timm, "side", "samples", "experiences", "epochs", "batchSize",
"file": where the ONNX file goes}. Request: {}; answer: {"seconds"} of training all experiences, each after another.

What is frozen is in evaluation mode and computed without gradients.
"""

import time

from peer_export import write_network
from peer_protocol import CONFIG, load_torch, serve

torch = load_torch()

import avalanche  # noqa: E402
import timm  # noqa: E402
from avalanche.benchmarks import nc_benchmark  # noqa: E402
from avalanche.training.plugins import EvaluationPlugin  # noqa: E402
from avalanche.training.supervised import Naive  # noqa: E402

CLASSES = 10
SIDE = CONFIG["side"]
torch.manual_seed(0)
network = timm.create_model(CONFIG["network"], pretrained=False, num_classes=CLASSES).eval()


class Images(torch.utils.data.Dataset):
    def __init__(self, count):
        self.images = torch.rand(count, 3, SIDE, SIDE)
        self.targets = [row % CLASSES for row in range(count)]

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, index):
        return self.images[index], self.targets[index]


class FrozenNetwork(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.network = [network]  # No child: the strategy sets children to training mode.
        self.classifier = torch.nn.Linear(FEATURES, CLASSES)

    def forward(self, x):
        frozen = self.network[0]
        with torch.no_grad():
            features = frozen.forward_head(frozen.forward_features(x), pre_logits=True)
        return self.classifier(features)


write_network(torch, network, CONFIG)
FEATURES = network.get_classifier().in_features
benchmark = nc_benchmark(
    Images(CONFIG["samples"]), Images(CLASSES), n_experiences=CONFIG["experiences"], task_labels=False, shuffle=False
)


def measure(_):
    model = FrozenNetwork()
    strategy = Naive(
        model=model,
        optimizer=torch.optim.SGD(model.classifier.parameters(), lr=0.01, momentum=0.9),
        criterion=torch.nn.CrossEntropyLoss(),
        train_mb_size=CONFIG["batchSize"],
        train_epochs=CONFIG["epochs"],
        evaluator=EvaluationPlugin(loggers=[]),
    )
    began = time.perf_counter()
    for experience in benchmark.train_stream:
        strategy.train(experience)
    return {"seconds": time.perf_counter() - began}


serve({"torch": torch.__version__, "avalanche": avalanche.__version__}, measure)
