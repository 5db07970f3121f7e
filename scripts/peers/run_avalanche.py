"""A whole SplitMNIST run by Avalanche: Naive, SimpleMLP, 5 experiences, 1 epoch, evaluation on the test stream after each.

Config: {"threads", "data", "batchSize", "evalBatchSize", "classOrder", "examplesPerExperience" or null, "inMemory"}.
Request: {}; answer: {"seconds", "accuracy"}.
"""

import time

from peer_protocol import CONFIG, load_torch, serve

torch = load_torch()

import avalanche  # noqa: E402
from avalanche.evaluation.metrics import accuracy_metrics, loss_metrics  # noqa: E402
from avalanche.models import SimpleMLP  # noqa: E402
from avalanche.training.plugins import EvaluationPlugin  # noqa: E402
from avalanche.training.supervised import Naive  # noqa: E402
from avalanche_benchmark import create_split_mnist  # noqa: E402

benchmark = create_split_mnist(CONFIG, torch)


def measure(_):
    began = time.perf_counter()
    model = SimpleMLP(num_classes=10)
    occasions = {"epoch": True, "experience": True, "stream": True}
    strategy = Naive(
        model=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9),
        criterion=torch.nn.CrossEntropyLoss(),
        train_mb_size=CONFIG["batchSize"],
        train_epochs=1,
        eval_mb_size=CONFIG["evalBatchSize"],
        evaluator=EvaluationPlugin(accuracy_metrics(**occasions), loss_metrics(**occasions), loggers=[]),
    )
    metrics = {}
    for experience in benchmark.train_stream:
        strategy.train(experience)
        metrics = strategy.eval(benchmark.test_stream)
    seconds = time.perf_counter() - began
    accuracy = [value for key, value in metrics.items() if key.startswith("Top1_Acc_Stream/eval_phase/test_stream")]
    return {"seconds": seconds, "accuracy": float(accuracy[-1])}


serve({"torch": torch.__version__, "avalanche": avalanche.__version__}, measure)
