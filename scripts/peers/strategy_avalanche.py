"""What a minibatch costs with one of Avalanche's strategies: the second and third experience of SplitMNIST after the first.

Config: {"threads", "data", "classOrder", "inMemory", "examplesPerExperience", "batchSize", "memorySize", "strategy"}.
Request: {}; answer: {"msPerStep", "processorMsPerStep"}, the second in all threads.
"""

import math
import time

from peer_protocol import CONFIG, load_torch, serve

torch = load_torch()

import avalanche  # noqa: E402
import avalanche.training.supervised as supervised  # noqa: E402
from avalanche.models import SimpleMLP  # noqa: E402
from avalanche.training.plugins import CoPEPlugin, EvaluationPlugin, MIRPlugin, RWalkPlugin  # noqa: E402
from avalanche_benchmark import create_split_mnist  # noqa: E402

MEMORY = CONFIG["memorySize"]
BATCH = CONFIG["batchSize"]

# The class, or a plugin for Naive, and its options.
STRATEGIES = {
    "naive": (supervised.Naive, {}),
    "cumulative": (supervised.Cumulative, {}),
    "from-scratch": (supervised.FromScratchTraining, {}),
    "replay": (supervised.Replay, {"mem_size": MEMORY}),
    "gem": (supervised.GEM, {"patterns_per_exp": 256, "memory_strength": 0.5}),
    "agem": (supervised.AGEM, {"patterns_per_exp": 256, "sample_size": 64}),
    "gdumb": (supervised.GDumb, {"mem_size": MEMORY}),
    "mir": (MIRPlugin, {"batch_size_mem": BATCH, "mem_size": MEMORY, "subsample": 200}),
    "der": (supervised.DER, {"mem_size": MEMORY, "alpha": 0.1, "beta": 0.5}),
    "er-ace": (supervised.ER_ACE, {"mem_size": MEMORY, "batch_size_mem": BATCH}),
    "gss-greedy": (supervised.GSS_greedy, {"mem_size": MEMORY, "mem_strength": 10, "input_size": [1, 28, 28]}),
    # The strategy itself stops after the first minibatch of an experience.
    "cope": (CoPEPlugin, {"mem_size": MEMORY, "n_classes": 10, "p_size": 10, "max_it_cnt": 1_000_000}),
    "ewc": (supervised.EWC, {"ewc_lambda": 0.4}),
    "si": (supervised.SynapticIntelligence, {"si_lambda": 0.4}),
    "lwf": (supervised.LwF, {"alpha": 1, "temperature": 2}),
    "mas": (supervised.MAS, {"lambda_reg": 1, "alpha": 0.5}),
    "lfl": (supervised.LFL, {"lambda_e": 1}),
    "rwalk": (RWalkPlugin, {}),
    "bic": (supervised.BiC, {"mem_size": 2000}),
    "cwr-star": (supervised.CWRStar, {"cwr_layer_name": None}),
    "mer": (supervised.MER, {"mem_size": 200, "batch_size_mem": 10}),
}

benchmark = create_split_mnist(CONFIG, torch)
first, second, third = list(benchmark.train_stream)[:3]
STEPS = sum(math.ceil(len(experience.dataset) / BATCH) for experience in (second, third))


def create(name):
    kind, options = STRATEGIES[name]
    model = SimpleMLP(num_classes=10)
    common = {
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9),
        "train_mb_size": BATCH,
        "train_epochs": 1,
        "evaluator": EvaluationPlugin(loggers=[]),
    }
    criterion = {"criterion": torch.nn.CrossEntropyLoss()}
    if not issubclass(kind, avalanche.training.templates.SupervisedTemplate):
        return supervised.Naive(**common, **criterion, plugins=[kind(**options)])
    try:
        return kind(**common, **criterion, **options)
    except TypeError:
        # Some bring a criterion of their own.
        return kind(**common, **options)


def measure(_):
    strategy = create(CONFIG["strategy"])
    strategy.train(first)
    began, worked = time.perf_counter(), time.process_time()
    strategy.train(second)
    strategy.train(third)
    return {
        "msPerStep": 1000 * (time.perf_counter() - began) / STEPS,
        "processorMsPerStep": 1000 * (time.process_time() - worked) / STEPS,
    }


if CONFIG["strategy"] not in STRATEGIES:
    raise SystemExit("it has no such strategy, or not one that can be made alike")
serve({"torch": torch.__version__, "avalanche": avalanche.__version__}, measure)
