"""The file of a study: its methods, their budget, the search for learning rates, and what is compared."""

import dataclasses
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from geulnun.errors import UsageError

PRETRAINED = "pretrained"
SEARCH = "search"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyMethod:
    """One row of the study.

    Attributes:
        config: config file of the run, beside the study's file or below it.
        name: of the run; the config file's name if not given.
        title: what the table calls it; the name if not given.
        source: paper it comes from.
        init: name of an earlier method of the study whose weights it starts from.
        set: changes of the config's values: "table.key=value".
        rates: learning rates that are tried on its own network, and of which it has the best; the best one of its
            optimiser if empty.
        seeds: how many runs there are, each with first weights and dropout of its own; the second is called NAME-2.
        seed: of this run: 1 and up.
        packing: how the exported model stores weights.
        bundle: name or folder of a bundle that is evaluated as it is, whatever it has learned from; nothing is trained.
    """

    config: Path
    name: str = ""
    title: str = ""
    source: str = ""
    init: str = ""
    set: tuple[str, ...] = ()
    rates: tuple[float, ...] = ()
    seeds: int = 1
    seed: int = 1
    packing: Literal["none", "half", "int8"] = "none"
    bundle: str = ""

    @property
    def row(self) -> str:
        """The name of its first run."""
        return self.name or self.config.stem

    @property
    def run(self) -> str:
        """The name of its run."""
        return self.row if self.seed == 1 else f"{self.row}-{self.seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyTrial:
    """A learning rate that is tried.

    Attributes:
        of: what it is tried for: the kind of an optimiser, or the name of a method.
        rate: that is tried.
        method: the run.
    """

    of: str
    rate: float
    method: StudyMethod

    @classmethod
    def of_method(cls, of: str, rate: float, config: Path, changes: Iterable[str]) -> Self:
        """The trial of a rate with a config and its changes."""
        changes = (*changes, f"training.optimiser.lr={rate!r}")
        return cls(of=of, rate=rate, method=StudyMethod(config=config, name=f"{SEARCH}-{of}-{rate:g}", set=changes))


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyComparison:
    """A question that is answered by testing pairs of methods on the same characters.

    Attributes:
        question: in words.
        pairs: of names of methods.
        sets: names of the sets it is evaluated on, together; all drawn sets of seen syllables if empty.
    """

    question: str
    pairs: tuple[tuple[str, str], ...]
    sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySearch:
    """A search for the learning rate of each optimiser, on one network and little data.

    Methods with `rates` of their own are searched for on as much data.

    Attributes:
        config: of the network.
        samples: that each trial learns from.
        set: changes of the config's values in every trial.
        rates: those tried, by the optimiser's kind.
        kind_set: changes of the config's values in the trials of one kind; those of `set` come before them.
    """

    config: Path
    samples: int
    set: tuple[str, ...] = ()
    rates: dict[str, tuple[float, ...]]
    kind_set: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def list_trials(self) -> list[StudyTrial]:
        """The trials of every optimiser."""
        changes = {
            kind: (*self.set, *self.kind_set.get(kind, ()), f"training.optimiser.kind='{kind}'") for kind in self.rates
        }
        return [
            StudyTrial.of_method(kind, rate, self.config, changes[kind])
            for kind, rates in self.rates.items()
            for rate in rates
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyConfig:
    """A study.

    Attributes:
        samples: characters that every method learns from at least.
        pass_samples: characters of one pass: a method whose curve still rises learns from so many more, again and
            again; 0 stops at `samples`. With `draw_once` the store has so many characters.
        most_samples: where that ends, risen or not.
        flat_points: a curve is flat when a pass raises the mean top-1 of the validation sets by fewer points of a
            hundred, and half of them are read right.
        set: changes of every config's values: "table.key=value"; those of a method come after them.
        draw_once: methods with the same source learn from the same characters, drawn once into a store of `runs`, and
            need not draw them each for itself.
        test_chars: characters of each drawn set.
        top: n of the top-n accuracy.
        search: for learning rates; a method that sets none has the best one of its optimiser.
        comparisons: what is tested in the report.
        methods: in the order of the table.
    """

    samples: int
    pass_samples: int = 0
    most_samples: int = 0
    flat_points: float = 0.3
    set: tuple[str, ...] = ()
    draw_once: bool = False
    test_chars: int = 4096
    top: int = 5
    search: StudySearch | None = None
    comparisons: tuple[StudyComparison, ...] = ()
    methods: tuple[StudyMethod, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for method in self.methods:
            if method.init and method.init not in seen:
                raise ValueError(f"{method.run} starts from {method.init!r}, which no method before it is called.")
            if method.bundle and (
                method.init or method.set or method.rates or method.seeds > 1 or method.packing != "none"
            ):
                raise ValueError(
                    f"{method.run} is the bundle {method.bundle}: init, set, rates, seeds and packing are for others."
                )
            if method.rates and not self.search:
                raise ValueError(f"{method.run} has rates to try; [search] says on how many samples.")
            if method.seeds < 1:
                raise ValueError(f"{method.run} has {method.seeds} seeds; at least 1 is needed.")
            seen.add(method.run)
        counts = Counter(each.run for each in self.list_all_runs())
        if twice := [name for name, count in counts.items() if count > 1]:
            raise ValueError(f"two runs are called {twice[0]!r}; give one of their methods another name.")
        for each in self.comparisons:
            if unknown := {name for pair in each.pairs for name in pair} - seen:
                raise ValueError(f"{each.question!r} compares {', '.join(sorted(unknown))}, which no method is called.")
        if self.pass_samples < 0 or self.most_samples < 0 or self.flat_points < 0:
            raise ValueError("pass_samples, most_samples and flat_points are 0 or more.")

    @property
    def store_chars(self) -> int:
        """Characters of a store that methods share."""
        return self.pass_samples or self.samples

    def count_samples(self, passes: int) -> int:
        """Characters that a method has learned from after its first training and so many passes more."""
        return self.samples + passes * self.pass_samples

    def list_runs(self) -> list[StudyMethod]:
        """A method for each seed, first seeds first, so that every row has one before any has two."""
        runs = []
        most = max((method.seeds for method in self.methods), default=0)
        repeated = {method.run: method.seeds for method in self.methods}
        for seed in range(1, most + 1):
            for method in self.methods:
                if seed > method.seeds:
                    continue
                init = f"{method.init}-{seed}" if seed > 1 and repeated.get(method.init, 0) >= seed else method.init
                changes = method.set if seed == 1 else (*method.set, f"training.run.seed={seed}")
                runs.append(dataclasses.replace(method, seed=seed, init=init, set=changes))
        return runs

    def list_origins(self) -> frozenset[str]:
        """The names of the runs that others start from."""
        return frozenset(method.init for method in self.list_runs() if method.init)

    def list_repeats(self, first: str, second: str) -> list[tuple[str, str]]:
        """The runs of two methods with each further seed that both have."""
        pair = [method for name in (first, second) for method in self.methods if method.run == name]
        seeds = range(2, min(method.seeds for method in pair) + 1)
        one, other = ([dataclasses.replace(method, seed=seed).run for seed in seeds] for method in pair)
        return list(zip(one, other, strict=True))

    def list_trials(self, methods: Iterable[StudyMethod] | None = None) -> list[StudyTrial]:
        """The trials of learning rates for some methods, or for all; none without a search."""
        own = {method.row: method for method in (self.methods if methods is None else methods) if method.rates}
        return [
            *(self.search.list_trials() if self.search else ()),
            *(
                StudyTrial.of_method(row, rate, method.config, method.set)
                for row, method in own.items()
                for rate in method.rates
            ),
        ]

    def list_all_runs(self) -> list[StudyMethod]:
        """All trials, and then a method for each seed."""
        return [*(trial.method for trial in self.list_trials()), *self.list_runs()]

    def choose(self, only: list[str]) -> list[StudyMethod]:
        """The runs of these names; all where none is named. A method's name stands for its first run.

        Raises:
            UsageError: no such run.
        """
        runs = self.list_runs()
        names = [method.run for method in runs]
        if unknown := set(only) - set(names):
            raise UsageError(f"--only {', '.join(sorted(unknown))}: no such method. Methods are {', '.join(names)}.")
        return [method for method in runs if not only or method.run in only]


def find_run(runs: Path, name: str) -> Path:
    """The folder of a run: its bundle, checkpoint, logs and weights of every pass."""
    return runs / PRETRAINED / name


def find_bundle(runs: Path, name: str) -> Path:
    """Where a method's bundle lies; its folder's name is the bundle's."""
    return find_run(runs, name) / name


def is_exported(runs: Path, name: str) -> bool:
    """Whether a method's bundle is there, whole."""
    return (find_bundle(runs, name) / "manifest.json").exists()


def find_weights(runs: Path, name: str) -> Path:
    """The file of a method's weights that other methods start from, in half precision."""
    from geulnun.runtime.bundles.manifest import TRAINING_FILE

    return find_bundle(runs, name) / TRAINING_FILE


def find_evaluation(runs: Path, name: str) -> Path:
    """The folder of what a method was evaluated by."""
    return runs / f"{name}_evaluation"


def find_answers(runs: Path, name: str, dataset: str) -> Path:
    """The file of a method's answers to a set."""
    return find_evaluation(runs, name) / f"{dataset}.answers.json"


def find_truths(runs: Path, dataset: str) -> Path:
    """The file of a set's characters, to which the answers of all methods belong."""
    return runs / "truths" / f"{dataset}.txt"
