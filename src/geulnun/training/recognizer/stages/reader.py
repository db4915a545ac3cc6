"""The four stages as they are read with: log-probabilities, an attention decoder run to its end."""

from onnx import ModelProto
from torch import Tensor, nn

from geulnun.runtime.bundles.contracts import specify_fixed_outputs
from geulnun.training.onnx_model import InParts
from geulnun.training.recognizer.stages.config import FourStageConfig
from geulnun.training.recognizer.stages.decoding_loop import append_decoding
from geulnun.training.recognizer.stages.network import FourStages
from geulnun.training.recognizer.stages.sequence import AttentionDecoder


class FixedReader(nn.Module):
    """Strips (N, 1, H, W) -> the tables that `specify_fixed_outputs` describes."""

    def __init__(self, network: FourStages, config: FourStageConfig) -> None:
        super().__init__()
        self.network, self.most = network, config.most_letters
        self.names = name_outputs(config)

    def forward(self, strips: Tensor) -> tuple[Tensor, ...]:
        """The tables."""
        prediction = self.network.prediction
        steps = self.network.look(strips)
        if isinstance(prediction, AttentionDecoder):
            return prediction.decode(steps, self.most)
        return (prediction(steps).float().log_softmax(dim=2),)


class AttentionReader(FixedReader, InParts):
    """A reader whose decoder is a loop in ONNX: torch would write out every turn of it, minutes of work."""

    part_outputs = ("steps", "keys")

    def part(self) -> nn.Module:
        """The first stages."""
        return _Steps(self.network)

    def complete(self, model: ModelProto) -> None:
        """Add the decoder's loop."""
        decoder = self.network.prediction
        assert isinstance(decoder, AttentionDecoder)
        append_decoding(model, decoder, self.most, (self.names[0], self.names[1]))


class _Steps(nn.Module):
    """Strips -> time steps (N, T, C), and what attention compares them by (N, T, A)."""

    def __init__(self, network: FourStages) -> None:
        super().__init__()
        self.network = network

    def forward(self, strips: Tensor) -> tuple[Tensor, Tensor]:
        steps = self.network.look(strips)
        decoder = self.network.prediction
        assert isinstance(decoder, AttentionDecoder)
        keys: Tensor = decoder.steps(steps)
        return steps, keys


def build_reader(network: FourStages, config: FourStageConfig) -> FixedReader:
    """The network as ONNX can store it."""
    reader = AttentionReader if config.prediction == "attention" else FixedReader
    return reader(network, config)


def name_outputs(config: FourStageConfig) -> list[str]:
    """What the tables of a reader are called."""
    outputs = specify_fixed_outputs(config.alphabet, attention=config.prediction == "attention")
    return [output.name for output in outputs]
