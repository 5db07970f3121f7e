"""The bench's models in PyTorch, in the shapes that the library builds."""


def create_model(torch, name):
    """A model that gives 10 logits. Raises KeyError where there is none of that name."""
    return {
        "simple-mlp": _create_simple_mlp,
        "large-mlp": _create_large_mlp,
        "simple-cnn": _create_simple_cnn,
        "slim-resnet18": _create_slim_resnet18,
    }[name](torch)


def _create_simple_mlp(torch):
    nn = torch.nn
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.5), nn.Linear(512, 10))


def _create_large_mlp(torch):
    nn = torch.nn
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 2800), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(2800, 2800), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(2800, 10),
    )  # fmt: skip


def _create_simple_cnn(torch):
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(),
        nn.Conv2d(32, 32, 3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Dropout(0.25),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
        nn.Conv2d(64, 64, 3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Dropout(0.25),
        nn.Conv2d(64, 64, 1), nn.ReLU(),
        nn.AdaptiveMaxPool2d(1), nn.Dropout(0.25),
        nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip


def _create_slim_resnet18(torch):
    nn = torch.nn
    functional = torch.nn.functional

    class Block(nn.Module):
        def __init__(self, before, width, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(before, width, 3, stride, padding=1, bias=False)
            self.norm1 = nn.BatchNorm2d(width)
            self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
            self.norm2 = nn.BatchNorm2d(width)
            self.shortcut = nn.Sequential()
            if stride != 1 or before != width:
                self.shortcut = nn.Sequential(
                    nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width)
                )

        def forward(self, x):
            y = functional.relu(self.norm1(self.conv1(x)))
            return functional.relu(self.norm2(self.conv2(y)) + self.shortcut(x))

    blocks = []
    before = 20
    for width, stride in ((20, 1), (40, 2), (80, 2), (160, 2)):
        blocks += [Block(before, width, stride), Block(width, width, 1)]
        before = width
    return nn.Sequential(
        nn.Conv2d(3, 20, 3, padding=1, bias=False), nn.BatchNorm2d(20), nn.ReLU(),
        *blocks,
        nn.AvgPool2d(4), nn.Flatten(), nn.Linear(160, 10),
    )  # fmt: skip
