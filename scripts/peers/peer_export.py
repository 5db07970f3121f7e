"""Networks as ONNX files for others, written by a process of their own, whose memory is gone when training begins."""

import os
import warnings


def write_network(torch, network, config, **options):
    """Exports a network for images [N, 3, side, side]. config: {"file", "side"}; options: torch.onnx.export's."""
    writer = os.fork()
    if writer == 0:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network.eval(),
                (torch.randn(2, 3, config["side"], config["side"]),),
                config["file"],
                dynamo=False,
                opset_version=17,
                input_names=["x"],
                output_names=["logits"],
                dynamic_axes={"x": {0: "batch"}, "logits": {0: "batch"}},
                **options,
            )
        os._exit(0)
    if os.waitpid(writer, 0)[1] != 0:
        raise SystemExit("the network's file could not be written")
