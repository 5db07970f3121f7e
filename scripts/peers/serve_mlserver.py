"""MLServer with a runtime of one's own: one run of an ONNX session for each request, in its own process.

Config: {"threads", "path": an ONNX file}. It says {"port"}; to each line it answers {"cpuMicroseconds"}.
"""

import asyncio
import socket
import threading
import time
import urllib.error
import urllib.request

from peer_protocol import CONFIG, serve

import numpy as np
import onnxruntime
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class OnnxModel(MLModel):
    async def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(CONFIG["path"], options, providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        x = self.decode(payload.inputs[0], default_codec=NumpyCodec).astype(np.float32).reshape(1, 28, 28, 1)
        (logits,) = self.session.run(["logits"], {"input": x})
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("logits", logits)])


def find_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/models/bench/ready") as answer:
            return answer.status == 200
    except urllib.error.URLError:
        return False


port, grpc_port, metrics_port = find_port(), find_port(), find_port()
settings = Settings(
    host="127.0.0.1",
    http_port=port,
    grpc_port=grpc_port,
    metrics_port=metrics_port,
    parallel_workers=0,
    use_structured_logging=False,
    debug=False,
)
server = MLServer(settings)
model = ModelSettings(name="bench", implementation=OnnxModel)
# Signals reach the main thread alone.
server._add_signal_handlers = lambda *_: None
threading.Thread(target=lambda: asyncio.run(server.start([model])), daemon=True).start()
while not is_ready(port):
    time.sleep(0.05)

serve({"port": port}, lambda _: {"cpuMicroseconds": time.process_time_ns() / 1000})
