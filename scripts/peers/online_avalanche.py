"""Online replay by Avalanche: experiences of 10 samples, 10 more from a class-balanced memory, one step each.

Config: {"threads", "data", "classOrder", "inMemory", "memorySize", "examplesPerExperience" or null}.
Request: {"steps": n}, the next n of the stream; answer: {"stepsPerSecond"}.
"""

import itertools
import time

from peer_protocol import CONFIG, load_torch, serve

torch = load_torch()

import avalanche  # noqa: E402
from avalanche.benchmarks.scenarios.online import split_online_stream  # noqa: E402
from avalanche.models import SimpleMLP  # noqa: E402
from avalanche.training.plugins import EvaluationPlugin, ReplayPlugin  # noqa: E402
from avalanche.training.storage_policy import ClassBalancedBuffer  # noqa: E402
from avalanche.training.supervised import Naive  # noqa: E402
from avalanche_benchmark import create_split_mnist  # noqa: E402

benchmark = create_split_mnist(CONFIG, torch)
model = SimpleMLP(num_classes=10)
memory = ClassBalancedBuffer(max_size=CONFIG["memorySize"])
strategy = Naive(
    model=model,
    optimizer=torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9),
    criterion=torch.nn.CrossEntropyLoss(),
    train_mb_size=10,
    train_epochs=1,
    evaluator=EvaluationPlugin(loggers=[]),
    plugins=[ReplayPlugin(mem_size=CONFIG["memorySize"], batch_size_mem=10, storage_policy=memory)],
)


def stream():
    # More than one pass only where few samples were asked for.
    while True:
        yield from split_online_stream(benchmark.train_stream, experience_size=10, access_task_boundaries=True)


experiences = stream()


def measure(request):
    began = time.perf_counter()
    for experience in itertools.islice(experiences, request["steps"]):
        strategy.train(experience, eval_streams=[])
    return {"stepsPerSecond": request["steps"] / (time.perf_counter() - began)}


serve({"torch": torch.__version__, "avalanche": avalanche.__version__}, measure)
