"""Class activation maps (CAM) and Grad-CAM of each head of a character reader.

Sources: Zhou et al. 2016 (CAM), with the weights of GWAP and GWOAP as Melnyk, You, Li 2019 have them; Selvaraju et al.
2017 (Grad-CAM).
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from geulnun.core.config import build_config
from geulnun.data.sample import CharSample
from geulnun.errors import BundleError
from geulnun.evaluation.characters.measure import LETTERS, ActivationMap, ActivationSheet
from geulnun.runtime.bundles.bundle import read_bundle
from geulnun.training.characters.data import collate_chars, label_char
from geulnun.training.characters.network_config import CharacterNetworkConfig, build_character_network
from geulnun.training.characters.networks.denseran import CHO, JUNG, DenseRan
from geulnun.training.characters.networks.heads import JoinedHead
from geulnun.training.characters.networks.network import CharacterNet, VectorReader
from geulnun.training.characters.networks.pooling import AveragePool, Flatten, WeightedOutputPool, WeightedPool
from geulnun.training.weights import read_weights

CAM, GRAD_CAM = "CAM", "Grad-CAM"


def draw_activation_sheets(weights: str | Path, samples: Sequence[CharSample]) -> tuple[ActivationSheet, ...]:
    """Sheets of a bundle's reader: for each head Grad-CAM, and CAM where pooling feeds the head directly.

    Args:
        weights: the bundle's name or folder; it must have the weights to start again from.
        samples: whose maps are drawn; those that the network has no class for are left out.

    Raises:
        BundleError: no such bundle, or its layers are not those of its config (as after low-rank expansion).
    """
    network, config = open_network(weights)
    return draw_sheets(network, config, samples)


def open_network(weights: str | Path) -> tuple[CharacterNet | DenseRan, CharacterNetworkConfig]:
    """The network of a bundle in evaluation mode, and its config.

    Raises:
        BundleError: as of `draw_activation_sheets`.
    """
    bundle = read_bundle(weights, "characters")
    config = build_config(dict(bundle.manifest.network), CharacterNetworkConfig, "network")
    network = build_character_network(config)
    try:
        network.load_state_dict(read_weights(bundle.folder))
    except RuntimeError as error:
        raise BundleError(
            f"{bundle.folder} holds layers that its config does not describe; its activation maps cannot be drawn."
        ) from error
    return network.eval(), config


def draw_sheets(
    network: CharacterNet | DenseRan, config: CharacterNetworkConfig, samples: Sequence[CharSample]
) -> tuple[ActivationSheet, ...]:
    """Sheets of an open network in evaluation mode; see `draw_activation_sheets`."""
    chars = [char for char in (label_char(sample, config) for sample in samples) if char is not None]
    if not chars:
        return ()
    images = collate_chars(chars, config, 0, "").images
    maps, logits = record_maps(network, images)
    sheets = []
    for head, scores in logits.items():
        best = scores.argmax(dim=1)
        names = LETTERS.get(head, config.classes.texts)
        drawn = {GRAD_CAM: weigh_gradient(maps, scores, best)}
        weights = find_class_weights(network, head)
        if weights is not None:
            drawn[CAM] = weigh_class(network, maps, weights[best])
        for method, activation in drawn.items():
            shown = tuple(
                ActivationMap(
                    image=char.image,
                    weights=each.numpy(),
                    truth=char.text,
                    answer=names[k] if k < len(names) else "none",
                )
                for char, each, k in zip(chars, activation, best.tolist(), strict=True)
            )
            sheets.append(ActivationSheet(method=method, head=head, maps=shown))
    return tuple(sheets)


def record_maps(network: CharacterNet | DenseRan, images: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The last feature maps (N, C, h, w) of images and, for each head, its scores (N, K) before they are normalised.

    The scores hang on the maps: gradients flow from one to the other.
    """
    linear: nn.Module = network.decoder.write if isinstance(network, DenseRan) else _find_linear(network)
    encoder: nn.Module = network.encoder if isinstance(network, DenseRan) else network.trunk.late
    maps: list[Tensor] = []
    outputs: list[Tensor] = []
    hooks = [
        encoder.register_forward_hook(lambda module, given, made: maps.append(made)),
        linear.register_forward_hook(lambda module, given, made: outputs.append(made)),
    ]
    try:
        with torch.enable_grad():
            scores = network(images.requires_grad_())
    finally:
        for hook in hooks:
            hook.remove()
    if isinstance(network, DenseRan):
        final = torch.cat([outputs[2][:, -1:], outputs[2][:, CHO + JUNG : -1]], dim=1)
        return maps[-1], {"cho": outputs[0][:, :CHO], "jung": outputs[1][:, CHO : CHO + JUNG], "jong": final}
    letters = [name for name in scores.present if name != "flat"]
    if not letters:
        return maps[-1], {"flat": outputs[-1]}
    sizes = [scores.present[name].shape[1] for name in letters]
    return maps[-1], dict(zip(letters, torch.split(outputs[-1], sizes, dim=1), strict=True))


def weigh_gradient(maps: Tensor, scores: Tensor, classes: Tensor) -> Tensor:
    """Grad-CAM (N, h, w): the maps summed by the mean gradient of each character's class, what is negative cut off."""
    chosen = scores.gather(1, classes[:, None]).sum()
    (gradient,) = torch.autograd.grad(chosen, maps, retain_graph=True)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return (weights * maps).sum(dim=1).relu().detach().float()


def find_class_weights(network: CharacterNet | DenseRan, head: str) -> Tensor | None:
    """Rows (K, C) that a head weighs pooled channels with; None where layers lie between, or nothing is pooled."""
    if isinstance(network, DenseRan) or not isinstance(network.reader, VectorReader):
        return None
    if isinstance(network.reader.link, Flatten) or any(
        isinstance(each, nn.Linear) for each in network.reader.neck.modules()
    ):
        return None
    rows = _find_linear(network).weight.detach()
    if head == "flat":
        return rows
    sizes = network.reader.head.tables
    first = 0
    for name in ("cho", "jung", "jong"):
        if name == head:
            break
        first += sizes[name]
    return rows[first : first + sizes[head]]


def weigh_class(network: CharacterNet | DenseRan, maps: Tensor, rows: Tensor) -> Tensor:
    """CAM (N, h, w): what each place adds to the score, for the weights (N, C) of each character's class.

    Its sum, with a mean's 1/(h·w) for GAP, is the score but for the bias.
    """
    assert isinstance(network, CharacterNet)
    assert isinstance(network.reader, VectorReader)
    link = network.reader.link
    weighed = maps.detach()
    if isinstance(link, WeightedPool):
        weighed = weighed * link.weight.detach()
    elif isinstance(link, WeightedOutputPool):
        weighed = weighed * link.weight.detach()[:, None, None]
    else:
        assert isinstance(link, AveragePool)
        weighed = weighed / (maps.shape[2] * maps.shape[3])
    return (rows[:, :, None, None] * weighed).sum(dim=1).float()


def _find_linear(network: CharacterNet) -> nn.Linear:
    """The layer that gives the scores of letters, or of whole characters."""
    head = network.reader.head
    linear = head.factors.linear if isinstance(head, JoinedHead) else head.linear
    assert isinstance(linear, nn.Linear)
    return linear
