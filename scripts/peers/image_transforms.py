"""Records what torchvision's transforms make of an image of bytes, for test/data/transforms/images.

pip install torch torchvision; python scripts/peers/image_transforms.py
"""

import base64
import json
import pathlib

import torch
import torchvision.transforms.autoaugment as autoaugment
import torchvision.transforms.functional as F

OUT = pathlib.Path(__file__).parents[2] / "test" / "data" / "transforms" / "images" / "torchvision.json"
HEIGHT, WIDTH = 18, 23


def encode(image):
    """Channels last, as base64."""
    return {
        "shape": [image.shape[1], image.shape[2], image.shape[0]],
        "data": base64.b64encode(image.permute(1, 2, 0).contiguous().numpy().tobytes()).decode(),
    }


torch.manual_seed(0)
rows, columns = torch.arange(HEIGHT)[:, None], torch.arange(WIDTH)[None, :]
smooth = torch.stack([rows * 9 + columns * 3, 200 - rows * 4 + columns, (rows * columns) % 97 + 60])
image = (smooth + torch.randint(0, 40, (3, HEIGHT, WIDTH))).clamp(0, 255).to(torch.uint8)

records = {
    "resize 11": F.resize(image, 11, antialias=True),
    "resize 30": F.resize(image, 30, antialias=True),
    "center-crop 9": F.center_crop(image, [9, 9]),
    "center-crop 14": F.center_crop(image, [14, 14]),
    "crop and resize": F.resized_crop(image, 3, 5, 11, 13, [8, 8], antialias=True),
    "flip": F.hflip(image),
    **{f"brightness {factor}": F.adjust_brightness(image, factor) for factor in (0.3, 1.7)},
    **{f"contrast {factor}": F.adjust_contrast(image, factor) for factor in (0.4, 1.6)},
    **{f"saturation {factor}": F.adjust_saturation(image, factor) for factor in (0.2, 1.9)},
    **{f"hue {turn}": F.adjust_hue(image, turn) for turn in (-0.3, 0.1)},
}
space = autoaugment.RandAugment()._augmentation_space(31, (HEIGHT, WIDTH))
for name, (magnitudes, signed) in space.items():
    for magnitude in (9, 23):
        for sign in (1, -1) if signed else (1,):
            value = float(magnitudes[magnitude]) * sign if magnitudes.ndim > 0 else 0.0
            made = autoaugment._apply_op(image, name, value, F.InterpolationMode.NEAREST, None)
            records[f"{name} {magnitude} {sign}"] = made

OUT.parent.mkdir(parents=True, exist_ok=True)
text = json.dumps({"image": encode(image), "records": {name: encode(made) for name, made in records.items()}}, indent=1)
OUT.write_text(text + "\n")
