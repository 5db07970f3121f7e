"""Writes small networks as Keras 3 saves them (.keras), with what Keras says of them, for test/models/layers_file/keras3.

Weights are random. NAME.json holds samples and the outputs in evaluation, that of a norm over masked times what training makes of it, and that of merged masks the loss and the gradient, too. The archives are packed again, deflated. Some are
written in Keras 2's form, too, packed by gzip (NAME.h5.gz).

pip install keras tensorflow-cpu numpy h5py
python scripts/peers/keras_files.py test/models/layers_file/keras3
"""

import gzip
import json
import pathlib
import sys
import zipfile

import keras
import numpy

layers = keras.layers


def vision():
    image = keras.Input((11, 9, 3), name="image")
    x = layers.Resizing(8, 10, name="smaller")(image)
    x = layers.Rescaling(0.5, offset=0.1)(x)
    x = layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False, kernel_regularizer="l2", name="stem")(x)
    x = layers.BatchNormalization(momentum=0.9, name="norm")(x)
    x = layers.Activation("silu")(x)
    y = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    y = layers.LeakyReLU(0.3)(y)
    y = layers.Dropout(0.2, seed=1)(y)
    x = layers.Add()([x, y])
    head = keras.Sequential(
        [keras.Input((4, 5, 6)), layers.SeparableConv2D(5, 2, activation="gelu"), layers.MaxPooling2D((2, 1)), layers.Flatten()],
        name="head",
    )
    outputs = layers.Dense(3, activation="softmax", name="predictions")(head(x))
    return keras.Model(image, outputs, name="vision"), lambda random: random.normal(0, 1, (4, 11, 9, 3))


def words():
    model = keras.Sequential(
        [
            keras.Input((7,), name="ids"),
            layers.Embedding(12, 5, name="table"),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both"),
            layers.LSTM(4, return_sequences=True, recurrent_regularizer="l1"),
            layers.GRU(3, return_sequences=True, name="gated"),
            layers.SimpleRNN(4, go_backwards=True, name="simple"),
            layers.Dense(2, name="logits"),
        ],
        name="words",
    )
    return model, lambda random: random.integers(0, 12, (4, 7))


def volumes():
    volume = keras.Input((6, 5, 4, 2))
    x = layers.Conv3D(3, 3, strides=2, padding="same", activation="relu")(volume)
    y = layers.MaxPooling3D(2, strides=1, padding="same")(x)
    z = layers.AveragePooling3D(2, strides=1, padding="same")(x)
    x = layers.Conv3D(2, (2, 1, 2), activation="elu")(layers.Concatenate()([y, z]))
    end = keras.Input((2, 3, 1, 2))
    shared = layers.Dense(2, activation="tanh", name="shared")
    ends = [shared(layers.GlobalAveragePooling3D()(end)), shared(layers.GlobalMaxPooling3D()(end))]
    pools = keras.Model(end, layers.Subtract()(ends), name="pools")
    model = keras.Model(volume, layers.Dense(2)(pools(x)), name="volumes")
    return model, lambda random: random.normal(0, 1, (4, 6, 5, 4, 2))


def signals():
    model = keras.Sequential(
        [
            keras.Input((9, 4)),
            layers.Normalization(name="measured"),
            layers.Conv1D(6, 3, activation="tanh"),
            layers.DepthwiseConv1D(2, depth_multiplier=2, padding="same", activation="relu"),
            layers.GroupNormalization(3),
            layers.SeparableConv1D(5, 3, strides=2),
            layers.LayerNormalization(),
            layers.TimeDistributed(layers.Dense(4, activation="softplus"), name="each"),
            layers.PReLU(shared_axes=[1]),
            layers.AveragePooling1D(2, padding="same"),
            layers.Flatten(),
            layers.Dense(3),
        ],
        name="signals",
    )
    return model, lambda random: random.normal(2, 3, (4, 9, 4))


def encoder():
    ids = keras.Input((6,), name="ids")
    x = layers.Embedding(9, 4)(ids)
    y = layers.MultiHeadAttention(2, 3, dropout=0.1, name="self")(x, x)
    x = layers.LayerNormalization()(layers.Add()([x, y]))
    short = layers.AveragePooling1D(2)(x)
    y = layers.MultiHeadAttention(3, 2, value_dim=1, use_bias=False, name="other")(x, value=short)
    x = layers.Add()([x, layers.Dense(4, activation="gelu")(y)])
    outputs = layers.Dense(3)(layers.GlobalAveragePooling1D()(x))
    return keras.Model(ids, outputs, name="encoder"), lambda random: random.integers(0, 9, (4, 6))


def masked():
    ids = keras.Input((6,), name="ids")
    x = layers.Embedding(5, 4, mask_zero=True)(ids)
    both = layers.Bidirectional(layers.LSTM(2, return_sequences=True), name="both")(x)
    ends = [layers.Flatten()(both), layers.GlobalAveragePooling1D()(x), layers.GRU(2)(both)]
    model = keras.Model(ids, layers.Dense(3)(layers.Concatenate()(ends)), name="masked")
    return model, lambda random: numpy.maximum(random.integers(-2, 5, (4, 6)), [0, 0, 1, 0, 0, 0])


def places():
    volume = keras.Input((3, 4, 3, 2))
    x = layers.ZeroPadding3D(((1, 0), (0, 1), (1, 1)))(volume)
    x = layers.Conv3DTranspose(3, 2, strides=(1, 2, 1), padding="same", activation="tanh", name="larger")(x)
    x = layers.SpatialDropout3D(0.3)(x)
    x = layers.UpSampling3D((1, 1, 2))(layers.Cropping3D(((1, 0), (0, 2), (1, 1)))(x))
    x = layers.Reshape((18, 24))(x)
    x = layers.EinsumDense("nTF,FHD->nTHD", output_shape=(None, 2, 3), bias_axes="H", activation="relu", name="heads")(x)
    x = layers.SpatialDropout2D(0.2)(x)
    x = layers.EinsumDense("...HD,HDE->...E", output_shape=4, name="joined")(x)
    x = layers.UpSampling1D(2)(layers.ZeroPadding1D((1, 2))(x))
    x = layers.LSTM(3)(layers.Cropping1D((3, 2))(x))
    return keras.Model(volume, layers.Dense(3)(x), name="places"), lambda random: random.normal(0, 1, (4, 3, 4, 3, 2))


def filled():
    steps = keras.Input((6, 3), name="steps")
    x = layers.Masking(-1.0)(steps)
    x = layers.LSTM(4, return_sequences=True, go_backwards=True)(x)
    x = layers.Dense(4, activation="tanh")(x)
    y = layers.MultiHeadAttention(2, 3, name="self")(x, x)
    x = layers.LayerNormalization()(layers.Add()([x, y]))
    x = layers.Concatenate()([x, y])
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True), name="both")(x)
    ends = [layers.GlobalAveragePooling1D()(x), layers.SimpleRNN(2)(x), layers.Flatten()(y)]
    model = keras.Model(steps, layers.Dense(3)(layers.Concatenate()(ends)), name="filled")

    def draw(random):
        samples = random.normal(0, 1, (4, 6, 3))
        for row, times in enumerate([[], [0, 5], [2, 3], [3, 4, 5]]):
            samples[row, times] = -1
        return samples

    return model, draw


def averaged():
    steps = keras.Input((5, 2), name="steps")
    x = layers.Dense(3, name="before")(layers.Masking()(steps))
    x = layers.BatchNormalization(momentum=0.7, epsilon=0.01, name="norm")(x)
    model = keras.Model(steps, layers.Dense(3)(layers.Flatten()(x)), name="averaged")
    return model, lambda random: random.normal(0, 1, (4, 5, 2)) * (random.uniform(0, 1, (4, 5, 1)) > 0.4)


def merged():
    """Sequences with masks of their own, merged in every way, with each other and with one that has none."""
    steps = keras.Input((6, 3), name="steps")
    project = lambda name: layers.Conv1D(2, 1, activation="relu", use_bias=False, name=name)(steps)
    first, second = [layers.Masking()(project(name)) for name in ("first", "second")]
    plain = project("plain")
    ways = [layers.Add(), layers.Multiply(), layers.Maximum(), layers.Minimum(), layers.Average(), layers.Concatenate(), layers.Concatenate(axis=1)]
    merged = [way([first, second]) for way in ways] + [layers.Subtract()([second, first])]
    merged += [way([first, plain]) for way in (layers.Add(), layers.Multiply(), layers.Maximum(), layers.Concatenate())]
    merged += [way([plain, second, first]) for way in (layers.Minimum(), layers.Multiply())]
    merged += [way([first, second, first]) for way in (layers.Maximum(), layers.Multiply())]
    ends = [layers.GlobalAveragePooling1D()(x) for x in merged] + [layers.GRU(2)(x) for x in merged[:8]]
    ends += [layers.Flatten()(x) for x in merged]
    model = keras.Model(steps, layers.Dense(3)(layers.Concatenate()(ends)), name="merged")
    return model, lambda random: random.normal(0, 1, (4, 6, 3))


def assert_masks_differ(values):
    """Of each two masks there must be times that one has and the other has not, and such that neither has."""
    first, second = [(keras.ops.convert_to_numpy(value) != 0).any(-1) for value in values]
    assert (first & ~second).any() and (second & ~first).any() and (~first & ~second).any() and (first & second).any()


def randomise(model, random):
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            randomise(layer, random)
            continue
        for weight in layer.weights:
            if "seed" in weight.path or "count" in weight.path:
                continue
            values = random.normal(0, 0.4, weight.shape)
            if "variance" in weight.path or "gamma" in weight.path:
                values = 0.6 + numpy.abs(values)
            weight.assign(values.astype("float32"))
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()


def differentiate(model, samples):
    """The mean cross-entropy of logits, and its gradient of all weights one behind the other."""
    import tensorflow

    labels = [0, 2, 1, 2]
    with tensorflow.GradientTape() as tape:
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(numpy.array(labels), model(samples, training=True), from_logits=True))
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    values = numpy.concatenate([numpy.asarray(gradient).ravel() for gradient in gradients])
    return {"labels": labels, "loss": float(f"{float(loss):.8g}"), "gradient": [float(f"{value:.8g}") for value in values]}


def pack(path):
    with zipfile.ZipFile(path) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)


# Written as Keras 2 does it, too.
LEGACY = [vision, words]


def main(folder):
    for number, build in enumerate([vision, words, volumes, signals, encoder, masked, places, filled, averaged, merged]):
        # With this one, masks differ.
        random = numpy.random.default_rng(10 if build is merged else number)
        model, draw = build()
        randomise(model, random)
        samples = draw(random).astype("float32")
        if build is merged:
            assert_masks_differ([model.get_layer(name)(samples) for name in ("first", "second")])
        outputs = keras.ops.convert_to_numpy(model(samples, training=False))
        path = pathlib.Path(folder) / f"{model.name}.keras"
        model.save(path)
        pack(path)
        if build in LEGACY:
            whole = path.with_suffix(".h5")
            model.save(whole)
            whole.with_suffix(".h5.gz").write_bytes(gzip.compress(whole.read_bytes(), mtime=0))
            whole.unlink()
        recorded = {name: [float(f"{value:.8g}") for value in values.ravel()] for name, values in [("samples", samples), ("outputs", outputs)]}
        if build is averaged:
            trained = keras.ops.convert_to_numpy(model(samples, training=True))
            moved = [keras.ops.convert_to_numpy(value) for value in model.get_layer("norm").non_trainable_variables]
            recorded["trainingOutputs"] = trained.ravel().tolist()
            recorded["movedStatistics"] = numpy.concatenate(moved).tolist()
        if build is merged:
            recorded |= differentiate(model, samples)
        path.with_suffix(".json").write_text(json.dumps(recorded) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
