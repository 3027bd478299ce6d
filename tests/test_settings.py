from __future__ import annotations

from pathlib import Path

import pytest

from parametric_memory import settings
from parametric_memory.errors import SettingsError


def test_the_variable_names_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(settings.HOME_VARIABLE, str(tmp_path / "home"))
    assert settings.home() == tmp_path / "home"
    assert settings.models_folder() == tmp_path / "home" / "models"
    assert settings.default_memory_folder() == tmp_path / "home" / "memory"
    assert not settings.home().exists()


def test_a_tilde_is_the_users_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(settings.HOME_VARIABLE, "~/memories")
    assert settings.home() == tmp_path / "memories"


def test_a_relative_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(settings.HOME_VARIABLE, "here")
    assert settings.home() == tmp_path / "here"


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variable_it_is_the_platforms_data_folder(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(settings.HOME_VARIABLE, raising=False)
    else:
        monkeypatch.setenv(settings.HOME_VARIABLE, value)
    assert settings.home().is_absolute()
    assert settings.home().name == "parametric-memory"


def test_a_home_that_is_a_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(settings.HOME_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(SettingsError, match="not a folder"):
        settings.home()
