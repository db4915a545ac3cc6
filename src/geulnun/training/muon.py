"""Muon: orthogonalised momentum for matrices, AdamW for all other parameters."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = (3, 2)  # before and after A = X Xᵀ is computed anew
_LEAST_NORM = 1e-7
_ADAM_EPS = 1e-10


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum for groups with "use_muon", AdamW for the others; both decay weights decoupled.

    A weight of more than two axes is a matrix of its first axis by all others. The update of a matrix (m, n) is
    scaled by sqrt(max(1, m / n)).

    Args:
        groups: parameter groups with "params", "lr", "weight_decay" and "use_muon"; with "momentum" where that is
            true, with "betas" where it is false.
        bfloat16: whether matrices are multiplied in bfloat16.

    Source: Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks.
    """

    def __init__(self, groups: list[dict[str, Any]], *, bfloat16: bool = False) -> None:
        super().__init__([{"step": 0, **group} for group in groups], {})
        self._bfloat16 = bfloat16  # of no group: checkpoints go on on other processors

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """The closure's loss, after one step of every weight that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            group["step"] += 1
            if weights:
                torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
                (self._step_muon if group["use_muon"] else self._step_adam)(weights, group)
        return loss

    def _step_muon(self, weights: list[Tensor], group: dict[str, Any]) -> None:
        momentum = group["momentum"]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        averages = self._find_state(weights, "momentum_buffer")
        torch._foreach_lerp_(averages, gradients, 1 - momentum)
        directions = torch._foreach_lerp(gradients, averages, momentum)
        matrices = [direction.flatten(1) for direction in directions]
        if self._bfloat16:
            matrices = [matrix.bfloat16() for matrix in matrices]
        updates = orthogonalise(matrices)
        for weight, update in zip(weights, updates, strict=True):
            rows, columns = update.shape
            weight.add_(update.view(weight.shape), alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)

    def _step_adam(self, weights: list[Tensor], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        means, squares = self._find_state(weights, "exp_avg"), self._find_state(weights, "exp_avg_sq")
        torch._foreach_lerp_(means, gradients, 1 - beta1)
        torch._foreach_lerp_(squares, torch._foreach_mul(gradients, gradients), 1 - beta2)
        spreads = torch._foreach_sqrt(squares)
        torch._foreach_div_(spreads, (1 - beta2 ** group["step"]) ** 0.5)
        torch._foreach_add_(spreads, _ADAM_EPS)
        torch._foreach_addcdiv_(weights, means, spreads, value=-group["lr"] / (1 - beta1 ** group["step"]))

    def _find_state(self, weights: Sequence[Tensor], name: str) -> list[Tensor]:
        """The tensor of that name for each weight, zero before its first step."""
        for weight in weights:
            if name not in self.state[weight]:
                self.state[weight][name] = torch.zeros_like(weight)
        return [self.state[weight][name] for weight in weights]


def orthogonalise(matrices: Sequence[Tensor]) -> list[Tensor]:
    """Matrices (m, n) with the same singular vectors and with singular values near 1, by Newton-Schulz iterations.

    An iteration is X <- (a I + b A + c A²) X with A = X Xᵀ. Its factors are polynomials of the first A, so they are
    multiplied with one another, at the size of the shorter side, and only then with X. Rounding errors of A grow at
    every iteration where X has small singular values; A is computed anew from X after the first ones.
    """
    wide = [matrix.mT if matrix.shape[0] > matrix.shape[1] else matrix for matrix in matrices]
    wide = [matrix / matrix.norm().clamp_min(_LEAST_NORM) for matrix in wide]
    for iterations in _ITERATIONS:
        wide = _iterate_together(wide, iterations)
    return [
        result.mT if matrix.shape[0] > matrix.shape[1] else result
        for matrix, result in zip(matrices, wide, strict=True)
    ]


def _iterate_together(matrices: Sequence[Tensor], iterations: int) -> list[Tensor]:
    """The matrices (m, n), m <= n, after some iterations; those of equal m share their multiplications."""
    places = defaultdict(list)
    for place, matrix in enumerate(matrices):
        places[len(matrix)].append(place)
    moved: dict[int, Tensor] = {}
    for alike in places.values():
        grams = torch.stack([matrices[place] @ matrices[place].mT for place in alike])
        factors = multiply_factors(grams, iterations)
        moved |= {place: factor @ matrices[place] for place, factor in zip(alike, factors, strict=True)}
    return [moved[place] for place in range(len(matrices))]


def multiply_factors(grams: Tensor, iterations: int) -> Tensor:
    """The product Q (K, m, m) of the factors of some iterations on X (m, n), from A = X Xᵀ (K, m, m)."""
    a, b, c = _COEFFICIENTS
    product: Tensor | None = None
    for left in reversed(range(iterations)):
        factors = torch.baddbmm(grams, grams, grams, beta=b, alpha=c)
        factors.diagonal(dim1=1, dim2=2).add_(a)
        product = factors if product is None else factors @ product
        if left:
            grams = factors @ grams @ factors
    assert product is not None
    return product
