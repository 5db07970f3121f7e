"""SplitMNIST as Avalanche's users make it, from the four raw files; or from tensors in memory, which costs it less."""

import atexit
import os
import shutil
import tempfile


def create_split_mnist(config, torch):
    """Five experiences. config: {"data", "classOrder", "inMemory", "examplesPerExperience" or null}."""
    if config["inMemory"] or config["examplesPerExperience"] is not None:
        return _from_tensors(config, torch)
    from avalanche.benchmarks.classic import SplitMNIST

    return SplitMNIST(
        n_experiences=5, fixed_class_order=config["classOrder"], dataset_root=_lay_out_for_torchvision(config["data"])
    )


def _lay_out_for_torchvision(folder):
    """torchvision looks for the files under MNIST/raw and downloads what is not there."""
    root = tempfile.mkdtemp(prefix="firn-peer-")
    atexit.register(shutil.rmtree, root)
    raw = os.path.join(root, "MNIST", "raw")
    os.makedirs(raw)
    for part in ("train", "t10k"):
        for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
            name = part + "-" + kind
            os.symlink(os.path.join(os.path.abspath(folder), name), os.path.join(raw, name))
    return root


def _from_tensors(config, torch):
    from avalanche.benchmarks import nc_benchmark
    from peer_data import load_mnist

    class Tensors(torch.utils.data.Dataset):
        def __init__(self, images, labels):
            self.images = images
            self.targets = labels.tolist()

        def __len__(self):
            return len(self.targets)

        def __getitem__(self, index):
            return self.images[index], self.targets[index]

    order = config["classOrder"]
    images, labels = load_mnist(torch, config["data"], "train")
    if config["examplesPerExperience"] is not None:
        pairs = [torch.isin(labels, torch.tensor(order[first : first + 2])) for first in range(0, 10, 2)]
        rows = torch.cat([chosen.nonzero().flatten()[: config["examplesPerExperience"]] for chosen in pairs])
        images, labels = images[rows], labels[rows]
    test = Tensors(*load_mnist(torch, config["data"], "t10k"))
    return nc_benchmark(Tensors(images, labels), test, n_experiences=5, task_labels=False, fixed_class_order=order)
