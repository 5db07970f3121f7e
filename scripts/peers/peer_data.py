"""The data of the bench: MNIST from its four raw files, or made images."""

import os

MNIST_MEAN = 0.1307
MNIST_STD = 0.3081


def _read(folder, name, header):
    import numpy

    with open(os.path.join(folder, name), "rb") as file:
        return numpy.frombuffer(file.read(), dtype=numpy.uint8)[header:].copy()


def load_mnist(torch, folder, part):
    """Images [N, 1, 28, 28], normalised, and class ids [N]; `part` is "train" or "t10k"."""
    images = torch.from_numpy(_read(folder, part + "-images-idx3-ubyte", 16)).view(-1, 1, 28, 28)
    labels = torch.from_numpy(_read(folder, part + "-labels-idx1-ubyte", 8)).long()
    return (images.float() / 255 - MNIST_MEAN) / MNIST_STD, labels


def make_images(torch, count):
    """Random images [count, 3, 32, 32] and class ids below 10."""
    generator = torch.Generator().manual_seed(0)
    return (
        torch.rand(count, 3, 32, 32, generator=generator),
        torch.randint(0, 10, (count,), generator=generator),
    )
