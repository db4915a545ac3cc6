"""The guide: an attention decoder beside CTC in training, not exported."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from geulnun.core.hangul import CHO_COUNT, JONG_COUNT, JUNG_COUNT

_MOST_CHARACTERS = 512


class AttentionGuide(nn.Module):
    """A small transformer decoder: from the trunk's features and the text so far to each next character.

    It tells the trunk where characters are, which CTC alone has to find out.

    Args:
        channels: of the features.
        gate_size: classes of the gate; its blank stands for the text's start and end.
        layers: of the decoder.
        inner: its width.

    Source: Hu et al. 2020 (GTC: guided training of CTC).
    """

    def __init__(self, channels: int, gate_size: int, *, layers: int = 1, inner: int = 256) -> None:
        super().__init__()
        self.sizes = (gate_size, CHO_COUNT, JUNG_COUNT, JONG_COUNT)
        self.given = nn.Linear(channels, inner)
        tables = [nn.Embedding(size, inner) for size in self.sizes]
        self.tables = nn.ModuleList(tables)
        self.places = nn.Parameter(torch.randn(_MOST_CHARACTERS, inner) * 0.02)
        self.layers = nn.ModuleList(
            nn.TransformerDecoderLayer(inner, 4, 2 * inner, dropout=0.1, batch_first=True, norm_first=True)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(inner)
        self.head = nn.Linear(inner, sum(self.sizes))
        for table in tables:
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, features: Tensor, valid: Tensor | None, texts: Tensor, kinds: Tensor) -> list[Tensor]:
        """Scores of gate, cho, jung and jong, (N, L, ...) each, of the character behind each given one.

        Args:
            features: (N, C, 1, T) of the trunk.
            valid: (N, T) steps that are no padding; all if None.
            texts: (N, L, 4) gate, cho, jung and jong of the characters, the first one the start.
            kinds: (N, L) 2 for a syllable, else 0 or 1.
        """
        memory = self.given(features.squeeze(2).transpose(1, 2))
        gate, *jamo = (table(texts[..., part]) for part, table in enumerate(self.tables))
        x = gate + sum(jamo) * (kinds == 2)[..., None] + self.places[: texts.shape[1]]
        future = torch.ones(texts.shape[1], texts.shape[1], dtype=torch.bool, device=x.device).triu(1)
        for layer in self.layers:
            x = layer(x, memory, tgt_mask=future, memory_key_padding_mask=None if valid is None else ~valid)
        return list(torch.split(self.head(self.norm(x)).float(), list(self.sizes), dim=-1))


def measure_guide_loss(
    scores: list[Tensor], texts: Tensor, kinds: Tensor, lengths: Tensor, *, smoothing: float = 0.1
) -> Tensor:
    """Mean cross-entropy per character, the end included, with label smoothing.

    Args:
        scores: of `AttentionGuide`.
        texts: (N, L, 4) the characters to be found, the last one the end (gate 0).
        kinds: (N, L) 2 for a syllable.
        lengths: (N,) characters of each text, the end left out.
        smoothing: of the labels.
    """
    places = torch.arange(texts.shape[1], device=texts.device)[None]
    counted = (places <= lengths[:, None]).float()
    syllable = counted * (kinds == 2)
    total = scores[0].new_tensor(0.0)
    for part, table in enumerate(scores):
        each = F.cross_entropy(table.transpose(1, 2), texts[..., part], reduction="none", label_smoothing=smoothing)
        total = total + (each * (counted if part == 0 else syllable)).sum()
    return total / counted.sum()
