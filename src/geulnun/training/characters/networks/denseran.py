"""DenseRAN for Hangul: a dense encoder and a decoder that spells a syllable letter by letter.

Source: Wang, Du et al. 2018 (arXiv 1808.04134); sizes are those of the same group's WAP-DenseNet, its depth is
uncertain. The transfer to Hangul is ours: 19 initials, 21 medials and 27 finals as tokens of their own and an end.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from geulnun.training.characters.networks.heads import CharScores
from geulnun.training.characters.networks.trunks.dense import DenseEncoder

CHO, JUNG, FINALS = 19, 21, 27
END = CHO + JUNG + FINALS
TOKENS = END + 1
"""Initials 0..18, medials 19..39, finals 40..66, the end 67; what comes before the first is numbered like no token."""

PADDING = -100


class Memory(NamedTuple):
    """What the decoder carries from letter to letter: its state (N, 256) and all attention so far (N, 1, h, w)."""

    state: Tensor
    attended: Tensor


class SpellingDecoder(nn.Module):
    """Two GRUs with attention between them, which also sees where it has looked before (coverage)."""

    def __init__(self, channels: int, units: int = 256, attention: int = 512) -> None:
        super().__init__()
        self.embedding = nn.Embedding(TOKENS + 1, units)
        self.start = nn.Linear(channels, units)
        self.before = nn.GRUCell(units, units)
        self.after = nn.GRUCell(channels, units)
        self.coverage = nn.Conv2d(1, attention, 11, padding=5, bias=False)
        self.look = nn.Conv2d(channels, attention, 1)
        self.recall = nn.Linear(units, attention, bias=False)
        self.recount = nn.Conv2d(attention, attention, 1, bias=False)
        self.attend = nn.Conv2d(attention, 1, 1, bias=False)
        self.from_state = nn.Linear(units, units)
        self.from_context = nn.Linear(channels, units, bias=False)
        self.from_token = nn.Linear(units, units, bias=False)
        self.write = nn.Linear(units // 2, TOKENS)

    def begin(self, maps: Tensor) -> Memory:
        """The memory before the first letter."""
        mean = maps.mean(dim=(2, 3))
        return Memory(torch.tanh(self.start(mean)), torch.zeros_like(maps[:, :1]))

    def step(self, maps: Tensor, seen: Tensor, memory: Memory, token: Tensor) -> tuple[Tensor, Memory]:
        """Logits (N, 68) of the next letter after `token` (N,), and the memory then."""
        embedded = self.embedding(token)
        guess = self.before(embedded, memory.state)
        covered = self.recount(self.coverage(memory.attended))
        energy = self.attend(torch.tanh(seen + covered + self.recall(guess)[:, :, None, None]))
        attention = energy.flatten(2).softmax(dim=2).view_as(energy)
        context = (attention * maps).sum(dim=(2, 3))
        state = self.after(context, guess)
        mixed = self.from_state(state) + self.from_context(context) + self.from_token(embedded)
        maxout = torch.maximum(*mixed.chunk(2, dim=1))
        return self.write(maxout), Memory(state, memory.attended + attention)


class DenseRan(nn.Module):
    """Reads a character by spelling it; its scores are those of the greedily spelt letters.

    Args:
        input_channels: of the image.
        layers: bottleneck layers of each dense block.
    """

    def __init__(self, input_channels: int = 1, layers: int = 16) -> None:
        super().__init__()
        self.encoder = DenseEncoder(input_channels, layers)
        self.decoder = SpellingDecoder(self.encoder.channels)

    def forward(self, images: Tensor) -> CharScores:
        """Scores of images: the first letter's among initials, then the medials after the likeliest initial."""
        maps = self.encoder(images)
        seen, memory = self.decoder.look(maps), self.decoder.begin(maps)
        token = torch.full((len(maps),), TOKENS, dtype=torch.int64, device=maps.device)
        tables = []
        for first, count in ((0, CHO), (CHO, JUNG)):
            logits, memory = self.decoder.step(maps, seen, memory, token)
            table = logits[:, first : first + count].float().log_softmax(dim=1)
            tables.append(table)
            token = first + table.argmax(dim=1)
        logits, _ = self.decoder.step(maps, seen, memory, token)
        finals = torch.cat([logits[:, END:], logits[:, CHO + JUNG : END]], dim=1)
        initials, medials = tables
        return CharScores(initials, medials, finals.float().log_softmax(dim=1))

    def spell(self, images: Tensor, tokens: Tensor) -> Tensor:
        """Logits (N, 4, 68) of each letter, the true ones (N, 4) being told before the next."""
        maps = self.encoder(images)
        seen, memory = self.decoder.look(maps), self.decoder.begin(maps)
        token = torch.full((len(maps),), TOKENS, dtype=torch.int64, device=maps.device)
        logits = []
        for place in range(tokens.shape[1]):
            scores, memory = self.decoder.step(maps, seen, memory, token)
            logits.append(scores)
            token = tokens[:, place].clamp_min(0)
        return torch.stack(logits, dim=1)


def build_tokens(cho: Tensor, jung: Tensor, jong: Tensor) -> Tensor:
    """Tokens (N, 4) of syllables given by their letters (N,) each: initial, medial, final if any, end, padding."""
    end = torch.full_like(cho, END)
    third = torch.where(jong > 0, CHO + JUNG + jong - 1, end)
    fourth = torch.where(jong > 0, end, torch.full_like(cho, PADDING))
    return torch.stack([cho, CHO + jung, third, fourth], dim=1)
