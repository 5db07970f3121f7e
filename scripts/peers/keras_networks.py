"""Writes small Keras networks as folders of TF.js, with what Keras 2 says of them, for test/models/layers_file/keras.

Weights are random. recorded.json holds samples, the outputs in evaluation, and, of a training step with
categorical cross-entropy, the loss with its regularisation and the gradient of each trainable weight.

pip install "tensorflow-cpu==2.15.1" tensorflowjs==4.22.0
python scripts/peers/keras_networks.py test/models/layers_file/keras
"""

import json
import pathlib
import sys

import numpy
import tensorflow as tf
import tensorflowjs

layers, regularizers = tf.keras.layers, tf.keras.regularizers


def block(x, filters, name, stride=1):
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{name}_pad")(x) if stride > 1 else x
    padding = "valid" if stride > 1 else "same"
    x = layers.DepthwiseConv2D(3, strides=stride, padding=padding, use_bias=False, name=f"{name}_dw")(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_dw_bn")(x)
    x = layers.ReLU(6.0, name=f"{name}_relu")(x)
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_pw")(x)
    return layers.BatchNormalization(name=f"{name}_pw_bn")(x)


def mobilenet():
    inputs = layers.Input((12, 12, 3), name="image")
    x = layers.Rescaling(0.5, offset=0.1, name="rescaling")(inputs)
    x = layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False, name="stem")(x)
    x = layers.BatchNormalization(axis=[3], momentum=0.9, name="stem_bn", trainable=False)(x)
    x = layers.Activation("swish", name="stem_act")(x)
    y = block(x, 6, "first")
    x = layers.Add(name="join")([x, y])
    x = block(x, 8, "second", stride=2)
    x = layers.LeakyReLU(alpha=0.1, name="leaky")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(0.0, name="drop")(x)
    outputs = layers.Dense(
        4, activation="softmax", name="predictions",
        kernel_regularizer=regularizers.L2(0.01), bias_regularizer=regularizers.L1(0.02),
    )(x)
    return tf.keras.Model(inputs, outputs, name="mobilenet")


def nested():
    base = tf.keras.Sequential(
        [
            layers.InputLayer((10, 10, 1)),
            layers.Conv2D(4, 3, activation="elu", kernel_regularizer=regularizers.L1L2(0.001, 0.002), name="conv"),
            layers.BatchNormalization(axis=-1, name="norm"),
            layers.SeparableConv2D(6, 3, activation="tanh", name="separable"),
            layers.MaxPooling2D(2, name="max"),
        ],
        name="base",
    )
    base.trainable = True
    return tf.keras.Sequential(
        [layers.InputLayer((10, 10, 1)), base, layers.Flatten(name="flat"), layers.Dense(5, activation="relu", name="hidden"),
         layers.LayerNormalization(name="layer_norm"), layers.Dense(3, name="logits"),
         layers.Softmax(name="chances")],
        name="nested",
    )


def recurrent():
    return tf.keras.Sequential(
        [
            layers.InputLayer((7, 3)),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True, name="both"), name="wrapper"),
            layers.GRU(3, reset_after=False, recurrent_regularizer=regularizers.L2(0.01), name="gru"),
            layers.Dense(3, activation="softmax", name="predictions"),
        ],
        name="recurrent",
    )


def randomise(model, random):
    for weight in model.weights:
        values = random.normal(0, 0.4, weight.shape)
        if "variance" in weight.name or "gamma" in weight.name:
            values = 0.6 + numpy.abs(values)
        weight.assign(values.astype("float32"))


def record(model, random):
    samples = random.normal(0, 1, (4, *model.input_shape[1:])).astype("float32")
    targets = numpy.eye(model.output_shape[-1], dtype="float32")[[0, 2, 1, 2]]
    with tf.GradientTape() as tape:
        rows = tf.keras.losses.categorical_crossentropy(targets, model(samples, training=True))
        penalty = tf.add_n(model.losses) if model.losses else tf.constant(0.0)
        loss = tf.reduce_mean(rows) + penalty
    gradients = tape.gradient(loss, model.trainable_weights)
    return {
        "samples": samples.ravel().tolist(),
        "labels": [0, 2, 1, 2],
        "outputs": evaluate(model, samples),
        "loss": float(loss),
        "penalty": float(penalty),
        "gradients": {
            weight.name.removesuffix(":0"): numpy.asarray(gradient).ravel().tolist()
            for weight, gradient in zip(model.trainable_weights, gradients)
        },
    }


def evaluate(model, samples):
    return model(samples, training=False).numpy().ravel().tolist()


def round_floats(value):
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, list):
        return [round_floats(item) for item in value]
    if isinstance(value, dict):
        return {key: round_floats(item) for key, item in value.items()}
    return value


def main(folder):
    for number, build in enumerate([mobilenet, nested, recurrent]):
        random = numpy.random.default_rng(number)
        model = build()
        randomise(model, random)
        recorded = record(model, random)
        out = pathlib.Path(folder) / model.name
        tensorflowjs.converters.save_keras_model(model, str(out))
        (out / "recorded.json").write_text(json.dumps(round_floats(recorded)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
