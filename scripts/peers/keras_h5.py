"""Writes networks as Keras 2 saves them whole in HDF5 files, with what Keras says of them, for test/models/layers_file/keras2.

Weights are random. NAME.json holds samples and the outputs in evaluation; the files are packed by gzip. In early.h5 the layers
are written as Keras did before 2.2.3: a sequential model was a list of them.

pip install tensorflow-cpu tf_keras
python scripts/peers/keras_h5.py test/models/layers_file/keras2
"""

import gzip
import json
import pathlib
import sys

import h5py
import numpy
import tf_keras as keras

layers = keras.layers


def build():
    ids = layers.Input((6,), name="ids")
    x = layers.Embedding(7, 4, mask_zero=True, name="table")(ids)
    x = layers.LSTM(3, recurrent_activation="hard_sigmoid", return_sequences=True, name="memory")(x)
    x = layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode="sum", name="both")(x)
    x = layers.GlobalAveragePooling1D(name="mean")(x)
    inner_input = layers.Input((2,), name="given")
    y = layers.Dense(4, activation="relu", name="wide", trainable=False)(inner_input)
    y = layers.BatchNormalization(name="norm")(y)
    y = layers.Add(name="twice")([y, y])
    inner = keras.Model(inner_input, layers.Dense(3, name="narrow", use_bias=False)(y), name="inner")
    outputs = layers.Dense(3, activation="softmax", name="predictions")(inner(x))
    return keras.Model(ids, outputs, name="legacy")


def randomise(layer, random):
    for weight in layer.weights:
        values = random.normal(0, 0.4, weight.shape)
        positive = "variance" in weight.name or "gamma" in weight.name
        weight.assign((0.6 + numpy.abs(values) if positive else values).astype("float32"))


def build_early():
    return keras.Sequential([layers.Input((6,)), layers.Dense(4, activation="tanh", name="wide"), layers.Dense(3, name="narrow")])


def build_merged():
    """Sequences with masks of their own, merged in every way, with each other and with one that has none."""
    steps = layers.Input((6, 3), name="steps")
    first, second, plain = [layers.Conv1D(2, 1, activation="relu", use_bias=False, name=name)(steps) for name in ("first", "second", "plain")]
    first, second = layers.Masking()(first), layers.Masking()(second)
    ways = [layers.Add, layers.Multiply, layers.Maximum, layers.Minimum, layers.Average, layers.Concatenate]
    merged = [way()([first, second]) for way in ways] + [layers.Subtract()([second, first]), layers.Concatenate(axis=1)([first, second])]
    merged += [layers.Add()([first, plain]), layers.Multiply()([plain, second, first]), layers.Concatenate()([first, plain])]
    ends = [layers.GlobalAveragePooling1D()(x) for x in merged] + [layers.GRU(2)(x) for x in merged]
    return keras.Model(steps, layers.Dense(3)(layers.Concatenate()(ends)), name="merged")


def write_early(path):
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"] = config["config"]["layers"][1:]
        config["config"][0]["config"]["batch_input_shape"] = [None, 6]
        file.attrs["model_config"] = json.dumps(config).encode()
        file.attrs["keras_version"] = b"2.1.6"


def save(model, path, samples):
    outputs = model(samples, training=False).numpy()
    model.save(path)
    if path.stem == "early":
        write_early(path)
    path.with_suffix(".h5.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()
    recorded = {name: [float(f"{value:.8g}") for value in values.ravel()] for name, values in [("samples", samples), ("outputs", outputs)]}
    path.with_suffix(".json").write_text(json.dumps(recorded) + "\n")


def main(folder):
    random = numpy.random.default_rng(5)
    model, early = build(), build_early()
    randomise(model, random)
    randomise(early, random)
    samples = random.integers(1, 7, (4, 6)).astype("float32")
    for row, filled in enumerate([[], [4, 5], [0], [1, 5]]):
        samples[row, filled] = 0
    save(model, pathlib.Path(folder) / "legacy.h5", samples)
    save(early, pathlib.Path(folder) / "early.h5", samples)
    random = numpy.random.default_rng(6)
    merged = build_merged()
    randomise(merged, random)
    samples = random.normal(0, 1, (4, 6, 3)).astype("float32")
    first, second = [(merged.get_layer(name)(samples).numpy() != 0).any(-1) for name in ("first", "second")]
    assert (first & ~second).any() and (second & ~first).any() and (~first & ~second).any() and (first & second).any()
    save(merged, pathlib.Path(folder) / "merged.h5", samples)


if __name__ == "__main__":
    main(sys.argv[1])
