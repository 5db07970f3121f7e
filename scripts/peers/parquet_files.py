"""Writes the Parquet files in test/data/parquet/files, as Hugging Face's datasets and pandas write them.

Needs pyarrow: pip install pyarrow; python scripts/peers/parquet_files.py
"""

import datetime
import io
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = pathlib.Path(__file__).parents[2] / "test" / "data" / "parquet" / "files"


def make_png(value, channels):
    """A PNG image of 4 x 4 pixels of one value."""
    import struct
    import zlib

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 4, 4, 8, 0 if channels == 1 else 2, 0, 0, 0)
    rows = (b"\0" + bytes([value]) * 4 * channels) * 4
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write_images(name, first, rows):
    """Hugging Face's layout: a struct {bytes, path} and a ClassLabel, whose names are in the schema's metadata."""
    numbers = range(first, first + rows)
    image = pa.array(
        [{"bytes": make_png(3 * i % 256, 1 if i % 5 == 0 else 3), "path": f"{i}.png"} for i in numbers],
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    )
    features = {
        "image": {"_type": "Image"},
        "label": {"names": ["ant", "bee", "cow"], "_type": "ClassLabel"},
        "site": {"dtype": "string", "_type": "Value"},
    }
    table = pa.table(
        {
            "image": image,
            "label": pa.array([i % 3 for i in numbers], pa.int64()),
            "site": pa.array(["north" if i % 4 < 2 else "south" for i in numbers]),
        }
    )
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, FOLDER / name, row_group_size=10, compression="snappy")


def write_table(name, compression, version):
    """Plain columns of the types that tables have."""
    rows = range(50)
    table = pa.table(
        {
            "day": pa.array([datetime.date(2024, 1, 1) + datetime.timedelta(days=i * 7 % 50) for i in rows]),
            "whole": pa.array([i - 3 for i in rows], pa.int64()),
            "small": pa.array([i % 7 for i in rows], pa.int8()),
            "single": pa.array([i / 8 for i in rows], pa.float32()),
            "double": pa.array([i * 0.1 for i in rows], pa.float64()),
            "flag": pa.array([i % 2 == 0 for i in rows]),
            "label": pa.array([["low", "high"][i % 2] for i in rows]).dictionary_encode(),
        }
    )
    pq.write_table(table, FOLDER / name, row_group_size=12, compression=compression, data_page_version=version)


FOLDER.mkdir(parents=True, exist_ok=True)
write_images("train-00000-of-00002.parquet", 0, 24)
write_images("train-00001-of-00002.parquet", 24, 14)
write_images("test-00000-of-00001.parquet", 38, 12)
write_table("table.parquet", "zstd", "2.0")
write_table("gzipped.parquet", "gzip", "1.0")
