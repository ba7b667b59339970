"""Whatever bytes it is given, the reader answers with a model or with ModelError: no crash, no other exception."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MUTATIONS = 300
# Runs in a child process, so that a crash of the runtime is seen as such. Prints the seed before each attempt.
CHILD = """
import random, sys
from pathlib import Path
from approxlite.formats.errors import ModelError
from approxlite.model import read_model

whole = Path(sys.argv[1]).read_bytes()
read = refused = 0
for seed in range(int(sys.argv[2])):
    print("seed", seed, flush=True)
    draw = random.Random(seed)
    content = bytearray(whole)
    if draw.random() < 0.2:
        del content[draw.randrange(len(content)):]
    # Damage where the structure lies: everywhere, at the start, or at the end of the file.
    low, high = draw.choice([(0, len(content)), (0, 2000), (len(content) - 8000, len(content))])
    for _ in range(draw.choice([0, 1, 2, 8, 64]) if len(content) < len(whole) else draw.choice([1, 2, 8, 64])):
        position = min(max(draw.randrange(low, high + 1), 0), len(content) - 1)
        if position >= 0:
            content[position] = draw.choice([0, 127, 128, 255, draw.randrange(256)])
    try:
        read_model(bytes(content), "given")
        read += 1
    except ModelError as refusal:
        assert "\\n" not in str(refusal)
        refused += 1
print("read", read, "refused", refused)
"""


@pytest.mark.parametrize("file", ["keyword/keyword_float.tflite", "activity/har_cnn_acc3_float.tflite"])
def test_damage_never_crashes_the_reader(examples: Path, file: str) -> None:
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(examples / file), str(MUTATIONS)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert child.returncode == 0, child.stdout[-200:] + child.stderr[-2000:]
    words = child.stdout.splitlines()[-1].split()
    assert int(words[1]) > 0
    assert int(words[3]) > MUTATIONS // 4
