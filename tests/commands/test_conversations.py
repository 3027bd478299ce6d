from __future__ import annotations

import json
from pathlib import Path

import pytest

from parametric_memory import ParametricMemory
from tests.commands.running import Runner
