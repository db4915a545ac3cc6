"""Third and fourth stage: time steps that know their neighbours, and what is read from them."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INNER = 256
START, END = 0, 1
"""Classes of the attention decoder's alphabet before its characters; the start is the padding of labels as well."""


class RecurrentLayer(nn.Module):
    """A bidirectional LSTM and a linear layer back to its width; (N, T, A) -> (N, T, 256)."""

    def __init__(self, channels_in: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels_in, INNER, bidirectional=True, batch_first=True)
        self.linear = nn.Linear(2 * INNER, INNER)

    def forward(self, steps: Tensor) -> Tensor:
        """`steps` in their context."""
        mixed: Tensor = self.linear(self.lstm(steps)[0])
        return mixed


class AttentionDecoder(nn.Module):
    """One character after the other, each from a weighted mean of all steps and the character before.

    Args:
        channels: of the steps.
        classes: of the alphabet, `START` and `END` among them.

    Source: Bahdanau et al. 2015, as in clovaai/deep-text-recognition-benchmark.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.steps = nn.Linear(channels, INNER, bias=False)
        self.state = nn.Linear(INNER, INNER)
        self.weigh = nn.Linear(INNER, 1, bias=False)
        self.cell = nn.LSTMCell(channels + classes, INNER)
        self.generator = nn.Linear(INNER, classes)

    def forward(self, steps: Tensor, texts: Tensor) -> Tensor:
        """Scores (N, L, classes) of the character behind each given one.

        Args:
            steps: (N, T, C).
            texts: (N, L) classes of the characters, the first one `START`.
        """
        keys, state = self.steps(steps), self.open_state(steps)
        scores = []
        for place in range(texts.shape[1]):
            score, state = self.step(steps, keys, texts[:, place], state)
            scores.append(score)
        return torch.stack(scores, dim=1)

    @torch.no_grad()
    def decode(self, steps: Tensor, most: int) -> tuple[Tensor, Tensor]:
        """Greedy decoding: classes (N, `most` + 1) and their probabilities; what follows an `END` means nothing."""
        keys, state = self.steps(steps), self.open_state(steps)
        last = torch.full((len(steps),), START, device=steps.device)
        found, sure = [], []
        for _ in range(most + 1):
            score, state = self.step(steps, keys, last, state)
            best = score.softmax(dim=1).max(dim=1)
            last = best.indices
            found.append(last)
            sure.append(best.values)
        return torch.stack(found, dim=1), torch.stack(sure, dim=1)

    def open_state(self, steps: Tensor) -> tuple[Tensor, Tensor]:
        """The state (N, 256) twice before the first character."""
        empty = steps.new_zeros(len(steps), INNER)
        return empty, empty

    def step(
        self, steps: Tensor, keys: Tensor, last: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Scores (N, classes) of the character behind `last` (N,), and the state behind it."""
        energies = self.weigh(torch.tanh(keys + self.state(state[0])[:, None]))
        context = (energies.softmax(dim=1) * steps).sum(dim=1)
        state = self.cell(torch.cat([context, F.one_hot(last, self.classes).to(steps.dtype)], dim=1), state)
        scores: Tensor = self.generator(state[0])
        return scores, state
