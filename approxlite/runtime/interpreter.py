"""A TFLite interpreter whose operators can be approximate, and change between two inferences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from approxlite.formats.configuration import EXACT, Configuration, Knob
from approxlite.formats.errors import ConfigurationError, ModelError
from approxlite.formats.rung import RungSpec
from approxlite.runtime.backend import ModelSource, create_interpreter, model_name
from approxlite.runtime.base import TensorRunner
from approxlite.runtime.engine import Engine, OperatorInfo
from approxlite.runtime.taps import Side, Taps, set_taps
from approxlite.runtime.what_ran import OperatorRun, what_ran

NO_DELEGATE = "some tensor's shape is known only while the model runs, so the runtime admits no delegate"
RungLike = str | Configuration | RungSpec


class Interpreter(TensorRunner):
    """An unmodified model on our engine; what the engine does not know, the runtime runs.

    >>> interpreter = Interpreter("model.tflite", ladder=["exact", "all=int8"])
    >>> interpreter.allocate_tensors()
    >>> interpreter.rung = 1

    Belongs to one thread at a time. Inputs are arrays in the model's shape and type, as the runtime itself takes them.
    """

    def __init__(
        self,
        model: ModelSource,
        ladder: Sequence[RungLike] = ("exact",),
        *,
        runtime: str = "auto",
        variant: str | None = None,
        num_threads: int = 1,
        preserve_all_tensors: bool = False,
    ) -> None:
        """`ladder`: 1 to 16 rungs, checked against the model when tensors are allocated.

        runtime: "auto", "ai_edge_litert", "tflite_runtime" or "tensorflow".
        variant: kernel variant by name, the best of this CPU if None.
        num_threads: 1 to 16, of ours and of the runtime's. The bits of our operators do not depend on it.
        Raises ModelError when the model cannot be read or the runtime refuses it, InputError for an unknown variant or
        a number of threads that cannot be.
        """
        self._name = model_name(model)
        self._engine = Engine(variant, num_threads)
        self._delegated = True

        def create(delegates: list[Engine]) -> object:
            return create_interpreter(
                model, runtime, delegates, num_threads=num_threads, preserve_all_tensors=preserve_all_tensors
            )

        try:
            self._interpreter = create([self._engine])
        except ModelError:
            # Where a tensor's shape is known only while the model runs, the runtime admits no delegate like ours.
            self._delegated = False
            self._interpreter = create([])
        self._rungs = [_spec(rung) for rung in ladder]
        self._operators: list[OperatorInfo] = []
        self._ladder: tuple[str, ...] = ()
        self._tapped: set[tuple[str, Side]] = set()

    def __del__(self) -> None:
        # The runtime's interpreter uses the engine until its last breath.
        self._interpreter = None

    def allocate_tensors(self) -> None:
        """Prepares the model and every rung. Raises ConfigurationError when a rung does not fit the model."""
        super().allocate_tensors()
        self._operators = self._engine.operators()
        self.set_ladder(self._rungs)

    def set_ladder(self, ladder: Sequence[RungLike]) -> None:
        """Replaces all rungs, at any time, and selects the first. Raises ConfigurationError; the old ladder stays."""
        rungs = [_spec(rung) for rung in ladder]
        if not self._delegated and any(rung.configuration not in ("", EXACT) for rung in rungs):
            raise ConfigurationError(f"{self._name}: only exact, because the runtime runs the whole model by itself")
        self._engine.set_ladder(rungs)
        self._rungs = rungs
        self._ladder = tuple(self._canonical(place) for place in range(len(rungs)))

    def _canonical(self, rung: int) -> str:
        knobs = self._engine.rung_knobs(rung, len(self._operators))
        chosen = {op.id: Knob.parse(knob) for op, knob in zip(self._operators, knobs, strict=True)}
        return str(Configuration.of(chosen))

    @property
    def ladder(self) -> tuple[str, ...]:
        """Canonical configuration text of every rung."""
        return self._ladder

    @property
    def rung(self) -> int:
        """Which rung the next invoke runs; setting it costs less than a microsecond in the engine."""
        return self._engine.rung

    @rung.setter
    def rung(self, rung: int) -> None:
        self._engine.rung = rung

    @property
    def configuration(self) -> str:
        """Canonical text of the current rung."""
        return self._ladder[self.rung]

    @property
    def operators(self) -> list[OperatorInfo]:
        """The operators that our engine runs, in model order."""
        return self._operators

    @property
    def variant(self) -> str:
        """The kernel variant in use."""
        return self._engine.variant

    @property
    def num_threads(self) -> int:
        """How many threads invokes may use."""
        return self._engine.threads

    @property
    def memory_bytes(self) -> int:
        """What the engine holds for activations, weights and plans."""
        return self._engine.memory_bytes

    @property
    def time_operators(self) -> bool:
        """Whether invokes time each operator, at the price of a clock read per operator."""
        return self._timing

    @time_operators.setter
    def time_operators(self, on: bool) -> None:
        self._timing = on
        self._engine.time_operators(on)

    _timing = False

    def operator_times(self) -> dict[str, int]:
        """Nanoseconds that each operator of ours took in the last invoke; 0 where it was folded into another."""
        times = self._engine.operator_times(len(self._operators))
        return {op.id: time for op, time in zip(self._operators, times, strict=True)}

    def observe_ranges(self, on: bool) -> None:
        """Whether invokes record the range of weighted operators' inputs; switching on forgets old ranges."""
        self._engine.observe_ranges(on)

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Operator id -> smallest and largest input since recording began."""
        ranges = {op.id: self._engine.range(i) for i, op in enumerate(self._operators)}
        return {operator_id: seen for operator_id, seen in ranges.items() if seen is not None}

    def taps(self, places: Iterable[tuple[str, Side]]) -> AbstractContextManager[Taps]:
        """Shows what operators of ours read and write, while the context lasts:

        >>> with interpreter.taps([("conv_2d_3", "input"), ("conv_2d_3", "output")]) as taps:
        ...     interpreter.run(x)
        ...     taps["conv_2d_3", "input"]  # of that inference

        Invokes are slower meanwhile, with the same bits. Raises InputError for an operator that the engine does not run
        by itself, and ModelError before the tensors are allocated.
        """
        self._check_allocated()
        shapes = {
            int(tensor["index"]): tuple(int(size) for size in tensor["shape"]) for tensor in self.get_tensor_details()
        }
        return set_taps(self._engine, self._operators, shapes, places, self._tapped)

    def what_ran(self) -> list[OperatorRun]:
        """Every operator of the model: who runs it and, if it is not ours, why; and its knob in the current rung."""
        self._check_allocated()
        knobs = self._engine.rung_knobs(self.rung, len(self._operators))
        nodes = self._interpreter._get_ops_details()
        left = self._engine.left() if self._delegated else dict.fromkeys(range(len(nodes)), NO_DELEGATE)
        return what_ran(nodes, self._operators, knobs, left)

    def _check_allocated(self) -> None:
        if not self._ladder:
            raise ModelError(f"{self._name}: tensors are not allocated yet; call allocate_tensors first")


def _spec(rung: RungLike) -> RungSpec:
    if isinstance(rung, RungSpec):
        return rung
    if isinstance(rung, (str, Configuration)):
        return RungSpec(configuration=str(rung))
    raise ConfigurationError(f"a rung is configuration text, a Configuration or a RungSpec, not {type(rung).__name__}")
