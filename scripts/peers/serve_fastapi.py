"""What somebody writes who serves an ONNX file in Python: FastAPI, and one run of the session for each request.

It understands the two requests of the bench: JSON, and binary tensors behind a head of JSON.
Config: {"threads", "path": an ONNX file}. It says {"port"}; to each line it answers {"cpuMicroseconds"}.
"""

import json
import socket
import threading
import time

from peer_protocol import CONFIG, serve

import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI, Request, Response

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(CONFIG["path"], options, providers=["CPUExecutionProvider"])
app = FastAPI()


@app.post("/v2/models/bench/infer")
async def infer(request: Request):
    body = await request.body()
    head = request.headers.get("inference-header-content-length")
    if head is None:
        x = np.array(json.loads(body)["inputs"][0]["data"], dtype=np.float32).reshape(1, 28, 28, 1)
        (logits,) = session.run(["logits"], {"input": x})
        output = {"name": "logits", "datatype": "FP32", "shape": list(logits.shape), "data": logits.ravel().tolist()}
        return {"model_name": "bench", "outputs": [output]}
    x = np.frombuffer(body[int(head) :], dtype=np.float32)
    (logits,) = session.run(["logits"], {"input": x.reshape(1, 28, 28, 1)})
    return Response(logits.tobytes(), media_type="application/octet-stream")


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
while not server.started:
    time.sleep(0.01)

serve({"port": listener.getsockname()[1]}, lambda _: {"cpuMicroseconds": time.process_time_ns() / 1000})
