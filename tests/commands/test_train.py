from __future__ import annotations

import inspect

from parametric_memory.commands import train
from parametric_memory.training.trainer import TrainingConfig


def test_the_defaults_in_the_help_are_those_of_the_training() -> None:
    options = inspect.signature(train.d2l).parameters
    for name in ("steps", "batch", "learning_rate", "seed"):
        assert options[name].default == getattr(TrainingConfig(), name)
