"""Third and fourth stage: time steps that know their neighbours, and what is read from them."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INNER = 256
SURELY_NOT = -30.0
"""A log-probability that is next to none."""

START, END = 0, 1
"""Classes of the attention decoder's alphabet before its characters; the start is the padding of labels as well."""


class RecurrentLayer(nn.Module):
    """A bidirectional LSTM and a linear layer back to its width; (N, T, A) -> (N, T, 256)."""

    def __init__(self, channels_in: int, inner: int = INNER) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels_in, inner, bidirectional=True, batch_first=True)
        self.linear = nn.Linear(2 * inner, inner)

    def forward(self, steps: Tensor) -> Tensor:
        """`steps` in their context."""
        mixed: Tensor = self.linear(self.lstm(steps)[0])
        return mixed


class AttentionDecoder(nn.Module):
    """One character after the other, each from a weighted mean of all steps and the character before.

    Args:
        channels: of the steps.
        classes: of the alphabet, `START` and `END` among them.
        inner: width of its state.

    Source: Bahdanau et al. 2015, as in clovaai/deep-text-recognition-benchmark.
    """

    def __init__(self, channels: int, classes: int, inner: int = INNER) -> None:
        super().__init__()
        self.classes, self.inner = classes, inner
        self.steps = nn.Linear(channels, inner, bias=False)
        self.state = nn.Linear(inner, inner)
        self.weigh = nn.Linear(inner, 1, bias=False)
        self.cell = nn.LSTMCell(channels + classes, inner)
        self.generator = nn.Linear(inner, classes)

    def forward(self, steps: Tensor, texts: Tensor) -> Tensor:
        """Scores (N, L, classes) of the character behind each given one.

        Args:
            steps: (N, T, C).
            texts: (N, L) classes of the characters, the first one `START`.
        """
        keys, state = self.steps(steps), self.open_state(steps)
        scores = []
        for place in range(texts.shape[1]):
            score, _, state = self.step(steps, keys, texts[:, place], state)
            scores.append(score)
        return torch.stack(scores, dim=1)

    def decode(self, steps: Tensor, most: int) -> tuple[Tensor, Tensor]:
        """Greedy decoding of at most so many characters, until every text of the batch has ended.

        Returns:
            Log-probabilities (N, L, classes) of each character, of `END` alone behind the first `END`, and the shares
            (N, L, T) that each time step had in it; L is at most `most` + 1.
        """
        keys, state = self.steps(steps), self.open_state(steps)
        last = torch.full((steps.shape[0],), START, device=steps.device)
        ended = torch.zeros_like(last, dtype=torch.bool)
        closed = torch.full((self.classes,), SURELY_NOT, device=steps.device)
        closed[END] = 0.0
        found, looked = [], []
        for _ in range(most + 1):
            score, shares, state = self.step(steps, keys, last, state)
            logs = torch.where(ended[:, None], closed, score.float().log_softmax(dim=1))
            last = logs.argmax(dim=1)
            ended = ended | (last == END)
            found.append(logs)
            looked.append(shares.float())
            if bool(ended.all()):
                break
        return torch.stack(found, dim=1), torch.stack(looked, dim=1)

    def open_state(self, steps: Tensor) -> tuple[Tensor, Tensor]:
        """The state (N, inner) twice before the first character."""
        empty = steps.new_zeros(steps.shape[0], self.inner)
        return empty, empty

    def step(
        self, steps: Tensor, keys: Tensor, last: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        """Scores (N, classes) of the character behind `last` (N,), the steps' shares (N, T) in it, the next state."""
        energies = self.weigh(torch.tanh(keys + self.state(state[0])[:, None]))
        shares = energies.softmax(dim=1)
        context = (shares * steps).sum(dim=1)
        state = self._move(context, last, state)
        scores: Tensor = self.generator(state[0])
        return scores, shares.squeeze(2), state

    def _move(self, context: Tensor, last: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """The cell's next state for the context beside a one-hot vector of `last`.

        That vector times a matrix is one of its columns: with thousands of classes, most of the work is saved.
        """
        cell, channels = self.cell, context.shape[1]
        gates = F.linear(context, cell.weight_ih[:, :channels], cell.bias_ih) + F.linear(
            state[0], cell.weight_hh, cell.bias_hh
        )
        gates = gates + cell.weight_ih.index_select(1, last + channels).T
        let_in, kept, fresh, let_out = gates.chunk(4, dim=1)
        memory = torch.sigmoid(kept) * state[1] + torch.sigmoid(let_in) * torch.tanh(fresh)
        return torch.sigmoid(let_out) * torch.tanh(memory), memory
