"""Which recognition model is in use."""

from __future__ import annotations

import os
from pathlib import Path

MODEL_VARIABLE = "HOTLINE_MODEL"
SHIPPED = Path(__file__).parent / "models" / "zh-8k-synthetic"


def default_model_dir(data_dir: Path | None = None) -> Path:
    """The model to use where the configuration names none.

    In this order: the directory in the environment's ``HOTLINE_MODEL``, the model selected in
    ``data_dir``, the shipped model.
    """
    if named := os.environ.get(MODEL_VARIABLE, ""):
        return Path(named)
    if data_dir is not None and (name := _selection(data_dir)):
        return data_dir / "models" / name
    return SHIPPED


def _selection(data_dir: Path) -> str:
    try:
        name = (data_dir / "models" / "selected").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return name if name and Path(name).name == name else ""
