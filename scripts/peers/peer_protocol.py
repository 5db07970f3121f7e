"""How a peer talks to the bench: one line of JSON that it is ready, then one line for each line it is asked.

Import this before torch: it pins the number of threads, which OpenBLAS and OpenMP read when they are loaded.
"""

import json
import os
import sys

CONFIG = json.loads(sys.argv[1])
THREADS = CONFIG["threads"]
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(THREADS)

_answers = sys.stdout
# What libraries print must not get between the answers.
sys.stdout = sys.stderr


def _answer(value):
    _answers.write(json.dumps(value) + "\n")
    _answers.flush()


def serve(about, measure):
    """Says what this peer is, then answers each request with what `measure(request)` returns."""
    _answer(about)
    for line in sys.stdin:
        _answer(measure(json.loads(line)))


def load_torch():
    """PyTorch with as many threads as the bench allows. Returns the module."""
    import torch

    torch.set_num_threads(THREADS)
    return torch


def measure_gemm(torch, size, repetitions=5):
    """The median rate of a product of two square matrices, in GFLOP/s."""
    import time

    a = torch.rand(size, size)
    b = torch.rand(size, size)
    a @ b
    rates = []
    for _ in range(repetitions):
        began = time.perf_counter()
        a @ b
        rates.append(2 * size**3 / (time.perf_counter() - began) / 1e9)
    return sorted(rates)[len(rates) // 2]
