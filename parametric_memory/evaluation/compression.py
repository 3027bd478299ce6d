"""LLMLingua-2 (arXiv 2403.12968): a text cut down to the words that say the most, through the package `llmlingua`.

Text in, text out. Knows nothing about questions.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

from parametric_memory.errors import ModelUnavailable, SettingsError

MODEL = "microsoft/llmlingua-2-xlm-roberta-large-meetingbank"  # that Doc-to-LoRA's authors compare with
_KEPT = ("\n", "?")  # as there


class Compressor:
    """Compresses texts to a share of their tokens. model: a folder or a hub id.

    Raises:
        SettingsError: `llmlingua` is not installed.
    """

    def __init__(self, rate: float, model: str = MODEL):
        try:
            import llmlingua
        except ImportError as error:
            raise SettingsError("LLMLingua-2 is not installed: pip install llmlingua.") from error
        self._package: Any = llmlingua
        self.rate, self.model = rate, model
        self._of = lru_cache(256)(self._compressed)

    def __call__(self, text: str) -> str:
        """Raises ModelUnavailable: its model cannot be loaded."""
        return self._of(text)

    @cached_property
    def _compressor(self) -> Any:
        try:
            return self._package.PromptCompressor(model_name=self.model, use_llmlingua2=True, device_map="cpu")
        except (OSError, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelUnavailable(
                f"The model of LLMLingua-2, {self.model}, cannot be loaded ({reason}): download it and name its folder."
            ) from error

    def _compressed(self, text: str) -> str:
        found = self._compressor.compress_prompt(text, rate=self.rate, force_tokens=list(_KEPT))
        return str(found["compressed_prompt"])
