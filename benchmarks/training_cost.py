"""What training a key-value hypernetwork takes, by the base model's shapes: computed, nothing is run or loaded.

    python benchmarks/training_cost.py [--tflops 0.33 100]

Counts parameters, bytes and operations of a step of `train d2l` with its defaults: 16 documents of 110 tokens, three
questions each, of 50 tokens with their answers. Bytes of activations are an estimate; SmolLM2-135M was
measured at 9.9 GB in all, with freed memory kept. Times are operations over the speed that a device reaches in
practice, in TFLOP/s.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

DOCUMENT_TOKENS, QUESTION_TOKENS, ANSWER_TOKENS = 16 * 110, 48 * 50, 48 * 15
STEPS = 2000


@dataclass(frozen=True)
class Shape:
    """Sizes of a decoder, as its config has them."""

    name: str
    hidden: int
    intermediate: int
    layers: int
    attention: int  # width of all query heads
    key_value: int  # width of all key heads
    vocabulary: int
    tied: bool = True

    @property
    def layer_parameters(self) -> int:
        return self.hidden * (2 * self.attention + 2 * self.key_value + 3 * self.intermediate)

    @property
    def parameters(self) -> int:
        return self.layers * self.layer_parameters + (1 if self.tied else 2) * self.vocabulary * self.hidden

    @property
    def memory_layers(self) -> int:
        return max(1, round(0.4 * self.layers))

    @property
    def adapted_layers(self) -> int:
        """Layers from the first shared row on: the backward pass ends there."""
        return self.layers - round(self.layers / 3)

    @property
    def trained(self) -> int:
        """Parameters of the hypernetwork, as `untrained.default_config` makes it."""
        size = max(64, min(512, 64 * round(self.hidden / 96)))
        features = 5 * self.hidden * size + (2 * 10 + 2) * size**2
        rows = self.memory_layers * self.intermediate * (2 * 256 + 192) + 192 * size + self.memory_layers * (size + 2)
        shared = 8 * (self.adapted_layers - self.memory_layers) * (self.intermediate + self.hidden)
        reader_sides = 6 * self.hidden + 2 * (self.attention + self.key_value + self.intermediate)
        reader = 8 * self.adapted_layers * reader_sides
        values = size // 4 * (size + self.memory_layers * self.hidden)
        return features + rows + shared + reader + values + 1

    @property
    def bytes(self) -> int:
        """Of a training process: bfloat16 base, float32 hypernetwork with gradients and momentum, activations."""
        whitening = 4 * self.memory_layers * self.intermediate * 128
        rows = 8 * 4 * DOCUMENT_TOKENS * self.memory_layers * self.intermediate
        base = 2 * QUESTION_TOKENS * self.adapted_layers * (16 * self.hidden + 8 * self.intermediate)
        logits = 3 * 4 * ANSWER_TOKENS * self.vocabulary
        return 2 * self.parameters + 12 * self.trained + whitening + rows + base + logits

    @property
    def covariance_bytes(self) -> int:
        """Of the key statistics before the first step, in the computer's own memory."""
        return 4 * self.memory_layers * self.intermediate**2

    @property
    def operations(self) -> int:
        """Of a step."""
        forward = 2 * self.layers * self.layer_parameters * (DOCUMENT_TOKENS + QUESTION_TOKENS)
        backward = 2 * self.adapted_layers * self.layer_parameters * QUESTION_TOKENS
        rows = 6 * DOCUMENT_TOKENS * self.memory_layers * self.intermediate * (2 * 128 + 2 * 256 + 192)
        head = 4 * ANSWER_TOKENS * self.vocabulary * self.hidden
        return forward + backward + rows + head


SHAPES = (
    Shape("SmolLM2-135M", 576, 1536, 30, 576, 192, 49_152),
    Shape("SmolLM2-360M", 960, 2560, 32, 960, 320, 49_152),
    Shape("Qwen3-0.6B", 1024, 3072, 28, 2048, 1024, 151_936),
    Shape("SmolLM2-1.7B", 2048, 8192, 24, 2048, 2048, 49_152),
    Shape("gemma-2-2b", 2304, 9216, 26, 2048, 1024, 256_000),
    Shape("Qwen3-4B", 2560, 9728, 36, 4096, 1024, 151_936),
    Shape("Mistral-7B", 4096, 14_336, 32, 4096, 1024, 32_000, tied=False),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tflops", type=float, nargs="+", default=[0.33, 100])
    speeds = parser.parse_args().tflops
    head = ["base model", "parameters", "trained", "memory", "key statistics", "operations a step"]
    head += [f"a step, {STEPS} steps at {speed:g} TFLOP/s" for speed in speeds]
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for shape in SHAPES:
        cells = [shape.name, f"{shape.parameters / 1e6:,.0f} M", f"{shape.trained / 1e6:.1f} M"]
        cells += [f"{shape.bytes / 1e9:.1f} GB", f"{shape.covariance_bytes / 1e9:.1f} GB", f"{shape.operations:.1e}"]
        for speed in speeds:
            seconds = shape.operations / speed / 1e12
            cells.append(f"{seconds:.2f} s, {seconds * STEPS / 3600:.1f} h")
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
