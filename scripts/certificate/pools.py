"""Which answers of which rule differ from exact's, on everything the collection has for a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approxlite.formats.configuration import Configuration
from approxlite.formats.errors import ConfigurationError
from approxlite.formats.input_form import InputForm
from approxlite.formats.interval import Estimate
from approxlite.formats.policy import LadderRung, Stage
from approxlite.policy.outcomes import Outcomes, collect
from approxlite.policy.rehearsal import Rehearsal, Rule, Trial
from approxlite.policy.rungs import confidence_for
from approxlite.runtime import Interpreter
from approxlite.runtime.ladder import Ladder

MEAN, STD = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
BOLD = ("conv_2d=int8+rows:3/4", "conv_2d=int8+rows:1/2", "conv_2d=int8+cols:1/2", "conv_2d=sample:1/2",
        "fully_connected=int8+inputs:3/4", "conv_2d=int8+rows:1/3")  # fmt: skip
ESCALATED = (0.6, 0.3, 0.1)
SEARCHED = 150
COST = Estimate(value=1, low=1, high=1, samples=1)


@dataclass(frozen=True)
class Pool:
    """A population: (candidates, samples) of what differs. subject: (samples,) ints, recordings in order of time."""

    name: str
    differs: NDArray[np.bool_]
    subject: NDArray[np.int64] | None = None


def _both(folder: Path, name: str, array: str) -> NDArray[Any]:
    return np.concatenate([np.load(folder / f"{name}_{part}.npz")[array] for part in ("tuning", "test")])


def _vww(collection: Path) -> NDArray[np.float32]:
    return np.concatenate([_both(collection / "vww", f"coco_person_{part}", "x") for part in ("ccby", "ccnc")]) / 255


def _objects(collection: Path) -> NDArray[np.float32]:
    return (_both(collection / "ic", "caltech101_cifar_classes", "x") / 255 - MEAN) / STD


@dataclass(frozen=True)
class Source:
    """file: of the network, less .tflite. samples: all there are of them, in its form.

    smaller: a smaller network of the same task that answers first, and how its input is made of the network's.
    """

    title: str
    file: str
    samples: Callable[[Path], NDArray[Any]]
    smaller: tuple[str, InputForm] | None = None


PIXELS = InputForm(multiply=tuple((255 * STD).tolist()), add=tuple((255 * MEAN).tolist()))
SOURCES = {
    "kws": Source("keyword", "kws/kws_dscnn_float", lambda c: _both(c / "kws", "speech_commands_mfcc", "x_float")),
    "resnet8": Source("ResNet-8", "ic/resnet8_float", lambda c: _both(c / "ic", "caltech101_cifar_classes", "x")),
    "resnet20": Source("ResNet-20", "ic/resnet20_float", _objects),
    "vww": Source("visual wake words", "vww/vww_mobilenetv1_96_float", _vww),
    "har_cnn9": Source("activity, 9 channels", "har/har_cnn9_float", lambda c: _both(c / "har", "hapt_windows", "x")),
    "har_st": Source("activity, wrist", "har/har_st_float", lambda c: _both(c / "har", "st_accel", "x") / 4000),
    "mnist": Source("digits", "mnist/mnist_lstm_float", lambda c: _both(c / "mnist", "mnist", "x") / 255),
    "resnet8+20": Source(
        "ResNet-8 before ResNet-20", "ic/resnet20_float", _objects, smaller=("ic/resnet8_float", PIXELS)
    ),
}


def pool(collection: Path, name: str, seed: int) -> Pool:
    """Runs the rungs of a source on all its samples, once. Candidates are ordered by what a part of them says."""
    source = SOURCES[name]
    files = [source.file] if source.smaller is None else [source.smaller[0], source.file]
    models = [_loaded(str(collection / f"{file}.tflite")) for file in files]
    x = source.samples(collection).astype(np.float32)
    x = x.reshape(-1, *models[-1].get_input_details()[0]["shape"][1:])
    last = len(models) - 1
    rungs = [LadderRung(model=last, configuration=text, cost=COST) for text in _configurations(models[last])]
    if source.smaller is not None:
        form = source.smaller[1]
        rungs = [*rungs[:2], *(LadderRung(configuration=t, cost=COST, input=form) for t in _configurations(models[0]))]
    with Ladder([str(collection / f"{file}.tflite") for file in files], rungs) as ladder:
        outcomes = collect(ladder, len(rungs), 0, x)
    rules = _rules(outcomes, np.random.default_rng(seed))
    confidence = confidence_for(outcomes)
    stages = [[Stage(rung=trial.rung, threshold=trial.threshold) for trial in rule] for rule in rules]
    differs = np.stack([outcomes.disagrees(outcomes.replay(tuple(each), confidence)) for each in stages])
    subject = _both(collection / "har", "hapt_windows", "subject") if name == "har_cnn9" else None
    return Pool(source.title, differs, None if subject is None else subject.astype(np.int64))


def _configurations(model: Interpreter) -> list[str]:
    """Exact, and all that the network has of int8 and of bolder knobs."""
    found = ["exact"]
    for text in ("all=int8", *(f"all=int8,{bold}" for bold in BOLD)):
        try:
            found.append(str(Configuration.parse(text, model.operators)))
        except ConfigurationError:
            continue
    return list(dict.fromkeys(found))


def _loaded(path: str) -> Interpreter:
    model = Interpreter(path)
    model.allocate_tensors()
    return model


def _rules(outcomes: Outcomes, random: np.random.Generator) -> list[Rule]:
    """Exact, then up to 15 rungs and cascades, as cautious as the rehearsal on a few samples takes them for."""
    some = random.choice(outcomes.samples, SEARCHED, replace=False)
    part = Outcomes(
        tuple(each[some] for each in outcomes.outputs), outcomes.losses[:, some], outcomes.latencies_ms[:, some], 0
    )
    rungs = len(outcomes.outputs)
    rehearsal = Rehearsal(part, [1.0] * rungs, confidence_for(outcomes))
    rules: list[Rule] = [(Trial(rung),) for rung in range(1, rungs)]
    for rung in range(2, rungs):
        for share in ESCALATED:
            threshold = float(np.quantile(rehearsal.evidence[rung], share, method="higher"))
            if np.isfinite(threshold):
                rules.append((Trial(rung, threshold), Trial(1)))
    ordered = sorted(rules, key=rehearsal.estimate)
    kept = [ordered[i] for i in np.unique(np.linspace(0, len(ordered) - 1, 15).astype(int))]
    return [(Trial(0),), *kept]
