"""Asks a server by Triton's own clients: HTTP, asyncio, gRPC. Prints "ok" or what went wrong."""
import asyncio
import sys

import numpy as np

url, grpc_url, model = sys.argv[1], sys.argv[2], sys.argv[3]
x = np.array([[1, 2, 3], [-1, 0.5, 0]], dtype=np.float32)
newest, oldest = x * 2 + 1, x * 2


def check_http():
    import tritonclient.http as client

    with client.InferenceServerClient(url) as server:
        assert server.is_server_live() and server.is_server_ready() and server.is_model_ready(model)
        assert server.is_model_ready(model, "0") and not server.is_model_ready("missing")
        assert server.get_server_metadata()["name"] == "firn"
        metadata = server.get_model_metadata(model)
        assert metadata["inputs"] == [{"name": "input", "datatype": "FP32", "shape": [-1, 3]}], metadata
        assert server.get_model_config(model)["max_batch_size"] >= 1
        assert {entry["version"] for entry in server.get_model_repository_index()} == {"0", "1"}
        for binary in (True, False):
            for packing in (None, "gzip", "deflate"):
                given = client.InferInput("input", list(x.shape), "FP32")
                given.set_data_from_numpy(x, binary_data=binary)
                wanted = client.InferRequestedOutput("logits", binary_data=binary)
                result = server.infer(
                    model, [given], outputs=[wanted], request_id="id",
                    request_compression_algorithm=packing, response_compression_algorithm=packing,
                )
                np.testing.assert_array_equal(result.as_numpy("logits"), newest)
                assert result.get_response()["id"] == "id"
                result = server.infer(model, [given])
                np.testing.assert_array_equal(result.as_numpy("logits"), newest)
                result = server.infer(model, [given], model_version="0")
                np.testing.assert_array_equal(result.as_numpy("logits"), oldest)
        top = client.InferRequestedOutput("logits", class_count=1)
        result = server.infer(model, [given], outputs=[top])
        assert [text.decode().split(":")[2] for text in result.as_numpy("logits").flatten()] == ["cat", "bee"]
        wrong = client.InferInput("input", [1, 2], "FP32")
        wrong.set_data_from_numpy(x[:1, :2])
        for ask, status in ((lambda: server.infer(model, [wrong]), "400"), (lambda: server.infer("missing", [given]), "404")):
            try:
                ask()
                raise AssertionError("was answered")
            except client.InferenceServerException as error:
                assert error.status() == status, error
        statistics = server.get_inference_statistics(model, "1")["model_stats"][0]
        assert statistics["inference_stats"]["success"]["count"] >= 12, statistics
        server.unload_model(model)
        assert not server.is_model_ready(model)
        server.load_model(model)
        assert server.is_model_ready(model)


async def check_asyncio():
    import tritonclient.http.aio as client

    server = client.InferenceServerClient(url)
    given = client.InferInput("input", list(x.shape), "FP32")
    given.set_data_from_numpy(x)
    results = await asyncio.gather(*(server.infer(model, [given]) for _ in range(20)))
    for result in results:
        np.testing.assert_array_equal(result.as_numpy("logits"), newest)
    await server.close()


def check_grpc():
    import tritonclient.grpc as client

    with client.InferenceServerClient(grpc_url) as server:
        assert server.is_server_live() and server.is_server_ready() and server.is_model_ready(model)
        assert server.get_server_metadata().name == "firn"
        metadata = server.get_model_metadata(model)
        assert list(metadata.inputs[0].shape) == [-1, 3], metadata
        assert server.get_model_config(model).config.max_batch_size >= 1
        assert {entry.version for entry in server.get_model_repository_index().models} == {"0", "1"}
        given = client.InferInput("input", list(x.shape), "FP32")
        given.set_data_from_numpy(x)
        result = server.infer(model, [given], request_id="id")
        np.testing.assert_array_equal(result.as_numpy("logits"), newest)
        assert result.get_response().id == "id"
        result = server.infer(model, [given], model_version="0")
        np.testing.assert_array_equal(result.as_numpy("logits"), oldest)
        for name, status in (("missing", "NOT_FOUND"),):
            try:
                server.infer(name, [given])
                raise AssertionError("was answered")
            except client.InferenceServerException as error:
                assert status in error.status(), error
        assert server.get_inference_statistics(model, "1").model_stats[0].inference_count >= 2
        server.unload_model(model)
        assert not server.is_model_ready(model)
        server.load_model(model)
        assert server.is_model_ready(model)


check_http()
asyncio.run(check_asyncio())
if grpc_url != "none":
    check_grpc()
print("ok")
