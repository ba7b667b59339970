"""The larger collection: every model, and samples as each takes them (its README says how)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[Any]
Part = Literal["tuning", "test"]
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


@dataclass(frozen=True)
class Entry:
    """One model. `kind`: "float", "hybrid" (8-bit weights under floats) or "quantised"."""

    file: str
    mac: int
    shape: tuple[int, ...]
    dtype: str
    grid: tuple[float, float]
    scored: bool

    @property
    def name(self) -> str:
        return Path(self.file).stem


def entries(collection: Path) -> list[Entry]:
    """Every model of the collection, in its order."""
    return [
        Entry(known["file"], known["mac"], tuple(shape), dtype, tuple(grid), bool(known["scores"]))
        for known in json.loads((collection / "models.json").read_text())
        for shape, dtype, grid in known["inputs"][:1]
    ]


def samples(collection: Path, entry: Entry, count: int | None, part: Part = "test") -> Samples:
    """Samples of one part as the model's input takes them, batch axis left out; all, or `count` spread evenly.

    Models without data of their own get seeded noise, smooth as pictures and sounds are.
    """
    real = _real(collection, entry, count, part)
    if real is None:
        return quantised(entry, _noise(entry, 8 if count is None else count))
    return np.ascontiguousarray(quantised(entry, real).reshape(-1, *entry.shape[1 if entry.shape[0] == 1 else 0 :]))


def quantised(entry: Entry, values: Samples) -> Samples:
    """On the model's input grid, where the model takes 8-bit numbers and `values` are not yet of its type."""
    if values.dtype == np.dtype(entry.dtype):
        return values
    if entry.dtype == "float32":
        return values.astype("f4")
    scale, zero_point = entry.grid
    limits = np.iinfo(entry.dtype)
    return np.clip(np.rint(values / scale + zero_point), limits.min, limits.max).astype(entry.dtype)


def spread(total: int, count: int | None) -> NDArray[np.int64]:
    """Which of `total` samples to take, evenly spread."""
    wanted = total if count is None else min(count, total)
    return np.unique(np.linspace(0, total - 1, wanted).astype(np.int64))


def _array(collection: Path, path: str, name: str, count: int | None) -> Samples:
    with np.load(collection / path) as data:
        values = data[name]
    return np.asarray(values[spread(len(values), count)])


def _pictures(collection: Path, path: str, count: int | None, change: Callable[[Any], Any]) -> Samples:
    from PIL import Image

    with np.load(collection / path) as data:
        jpeg, offsets = data["jpeg"], data["offsets"]
    taken = spread(len(offsets) - 1, count)
    encoded = [jpeg[offsets[i] : offsets[i + 1]].tobytes() for i in taken]
    return np.stack([np.asarray(change(Image.open(io.BytesIO(each)).convert("RGB"))) for each in encoded])


def _centre(size: int) -> Callable[[Any], Any]:
    def change(picture: Any) -> Any:
        from PIL import Image

        scale = size / 0.875 / min(picture.size)
        wide, high = (max(size, round(n * scale)) for n in picture.size)
        left, top = (wide - size) // 2, (high - size) // 2
        resized = picture.resize((wide, high), Image.Resampling.BICUBIC)
        return resized.crop((left, top, left + size, top + size))

    return change


def _letterbox(size: int) -> Callable[[Any], Any]:
    def change(picture: Any) -> Any:
        from PIL import Image

        scale = size / max(picture.size)
        resized = picture.resize([max(1, round(n * scale)) for n in picture.size], Image.Resampling.BILINEAR)
        canvas = Image.new("RGB", (size, size), (127, 127, 127))
        canvas.paste(resized, ((size - resized.width) // 2, (size - resized.height) // 2))
        return canvas

    return change


def _real(collection: Path, entry: Entry, count: int | None, part: Part) -> Samples | None:
    """Values before they are put on the model's input grid; None where there is no data."""
    folder, name, size = entry.file.partition("/")[0], entry.name, entry.shape[min(1, len(entry.shape) - 1)]
    if folder == "kws":
        array = "x_int8" if entry.dtype == "int8" else "x_float"
        return _array(collection, f"kws/speech_commands_mfcc_{part}.npz", array, count)
    if folder == "ic":
        x = _array(collection, f"ic/caltech101_cifar_classes_{part}.npz", "x", count)
        if "resnet8" in name:
            return x.astype("f4") if entry.dtype == "float32" else (x.astype("i2") - 128).astype("i1")
        return (x / 255 - MEAN) / STD
    if folder == "vww":
        parts = [_array(collection, f"vww/coco_person_{p}_{part}.npz", "x", count) for p in ("ccby", "ccnc")]
        x = np.concatenate(parts)
        if "mcunet" in name:
            return _resized(x, size) / 127.5 - 1
        return x / 255 if entry.dtype == "float32" else (x.astype("i2") - 128).astype("i1")
    if name == "har_st_float":
        return _array(collection, f"har/st_accel_{part}.npz", "x", count) / 4000
    if folder == "har":
        x = _array(collection, f"har/hapt_windows_{part}.npz", "x", count).astype("f4")
        return x[:, :, :3].transpose(0, 2, 1).reshape(-1, 128, 3) if "acc3" in name else x[:, :, np.newaxis]
    if folder == "imagenet":
        x = _pictures(collection, f"imagenet/caltech101_imagenet_{part}.npz", count, _centre(size))
        if "efficientnet" in name:
            return (x - 127.0) / 128
        return x if entry.dtype == "uint8" else (x - 127.5) / 127.5
    if folder == "seg":
        x = _pictures(collection, f"seg/caltech101_voc_{part}.npz", count, _letterbox(size))
        return x if entry.dtype == "uint8" else x / 127.5 - 1
    if folder == "sr":
        return _array(collection, f"sr/caltech101_luma_x2_{part}.npz", "lr", count)[..., np.newaxis] / 255
    if name == "yamnet":
        return _array(collection, f"audio/esc10_frames16k_{part}.npz", "audio", count) / 32768
    if folder == "mnist":
        return _array(collection, f"mnist/mnist_{part}.npz", "x", count) / 255
    if folder == "pose":
        return _array(collection, f"pose/coco_person_crops_{part}.npz", "x", count)
    return None


def _resized(x: Samples, size: int) -> Samples:
    from PIL import Image

    pictures = [Image.fromarray(each).resize((size, size), Image.Resampling.BILINEAR) for each in x]
    return np.stack([np.asarray(picture) for picture in pictures])


def _noise(entry: Entry, count: int) -> Samples:
    """Pictures and sounds in -1..1, or 0..1 for MediaPipe, stretched to the range of an 8-bit input."""
    generator = np.random.default_rng(entry.mac)
    shape = (count, *entry.shape[1:])
    values = generator.uniform(-1, 1, shape)
    for axis in range(1, len(shape)):
        if shape[axis] > 40:  # neighbours are alike
            values = (values + np.roll(values, 1, axis) + np.roll(values, 2, axis)) / 2
    if entry.dtype != "float32":
        limits = np.iinfo(entry.dtype)
        low, high = (entry.grid[0] * (edge - entry.grid[1]) for edge in (limits.min, limits.max))
        return (values + 1) / 2 * (high - low) + low
    return (np.clip(values, -1, 1) + 1) / 2 if entry.name.startswith("mp_") else values


def outputs(runner: Any, x: Samples) -> list[Samples]:
    """Every output of every sample: one (samples, ...) array for each output of the model."""
    detail = runner.get_input_details()[0]
    indices = [int(each["index"]) for each in runner.get_output_details()]
    answers: list[list[Samples]] = [[] for _ in indices]
    for sample in x:
        runner.set_tensor(int(detail["index"]), np.ascontiguousarray(sample.reshape(detail["shape"])))
        runner.invoke()
        for index, taken in zip(indices, answers, strict=True):
            taken.append(np.array(runner.get_tensor(index)))
    return [np.stack(taken) for taken in answers]
