"""Online replay in plain PyTorch: batches of 10 samples and 10 of a memory with equal shares of the classes.

Not Avalanche: a loop and a reservoir for each class, no strategies or plugins. Data are normalised tensors in memory.
Config: {"threads", "data", "classOrder", "memorySize", "flushDenormal" or none}. Request: {"steps": n}; answer:
{"stepsPerSecond"}.
"""

import random
import time

from peer_protocol import CONFIG, load_torch, serve

torch = load_torch()
torch.set_flush_denormal(CONFIG.get("flushDenormal", False))

from peer_data import load_mnist  # noqa: E402
from peer_models import create_model  # noqa: E402

images, labels = load_mnist(torch, CONFIG["data"], "train")
classes = labels.tolist()
order = CONFIG["classOrder"]
pairs = [[i for i, label in enumerate(classes) if label in order[first : first + 2]] for first in range(0, 10, 2)]
for rows in pairs:
    random.shuffle(rows)
stream = [rows[start : start + 10] for rows in pairs for start in range(0, len(rows), 10)]
model = create_model(torch, "simple-mlp")
model.train()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
criterion = torch.nn.CrossEntropyLoss()
memory = {}
seen = {}
position = 0


def remember(rows):
    for row in rows:
        label = classes[row]
        held = memory.setdefault(label, [])
        seen[label] = seen.get(label, 0) + 1
        share = CONFIG["memorySize"] // len(memory)
        for others in memory.values():
            del others[share:]
        if len(held) < share:
            held.append(row)
        else:
            place = random.randrange(seen[label])
            if place < share:
                held[place] = row


def step(rows):
    held = [row for group in memory.values() for row in group]
    batch = torch.tensor(rows + (random.sample(held, min(10, len(held))) if held else []))
    optimizer.zero_grad()
    criterion(model(images[batch]), labels[batch]).backward()
    optimizer.step()
    remember(rows)


def measure(request):
    global position
    began = time.perf_counter()
    for _ in range(request["steps"]):
        step(stream[position % len(stream)])
        position += 1
    return {"stepsPerSecond": request["steps"] / (time.perf_counter() - began)}


serve({"torch": torch.__version__}, measure)
