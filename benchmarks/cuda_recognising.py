"""The recogniser's network on an NVIDIA GPU: CUDA graphs and compilation, in bf16.

One number that is bound by launches, a single window, and one of throughput, many at a time. The graph is
recorded of the network as it is (stgat.model), which has no step that depends on the data: where a kernel a
step costs more to launch than to compute, replaying all of them in one launch is what counts. Where nothing
can be recorded, the network is called as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from torch import Tensor

from stgat.model import STGAT
from stgat.timing import in_turns

Network = Callable[[Tensor], Tensor]
BATCHES = (1, 64)


def in_bfloat16(model: STGAT, device: torch.device) -> Network:
    """The network under autocast, fp32 sums in its products."""

    def call(x: Tensor) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, cache_enabled=False):
            return model(x)

    return call


class Graphed:
    """A network recorded once for inputs of one shape, and replayed. Raises RuntimeError without CUDA."""

    def __init__(self, network: Network, x: Tensor) -> None:
        if not x.is_cuda:
            raise RuntimeError(f"a CUDA graph needs a CUDA device, not {x.device}")
        self._input = x.clone()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):  # lets libraries choose their kernels before anything is recorded
            for _ in range(3):
                network(self._input)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._output = network(self._input)

    def __call__(self, x: Tensor) -> Tensor:
        """The output is overwritten by the next call."""
        self._input.copy_(x)
        self._graph.replay()
        return self._output


def graphed(network: Network, x: Tensor) -> Network:
    """Recorded where that is possible; else the network itself, and a line on stderr that says why."""
    try:
        return Graphed(network, x)
    except RuntimeError as error:
        print(f"no CUDA graph: {str(error).partition(chr(10))[0]}", file=sys.stderr)
        return network


@torch.inference_mode()
def rows(model: STGAT, clip: Tensor, device: torch.device) -> list[str]:
    """A line of the table for each road and batch: milliseconds a call, windows a second.

    clip: (1, C, T, V, M), of which the batches are made.
    """
    model = model.to(device).eval()
    low = in_bfloat16(model, device)
    compiled = torch.compile(low, mode="max-autotune")
    lines = []
    for batch in BATCHES:
        x = clip.to(device).repeat(batch, 1, 1, 1, 1)
        roads: dict[str, Network] = {
            "eager, fp32": model,
            "eager, bf16": low,
            "CUDA graph, bf16": graphed(low, x),
            'torch.compile(mode="max-autotune"), bf16': compiled,
        }

        def timed(network: Network, x: Tensor = x) -> Callable[[], None]:
            def call() -> None:
                network(x)
                torch.cuda.synchronize(device)

            return call

        times = in_turns({name: timed(network) for name, network in roads.items()}, rounds=50, warm_up=5)
        lines += [
            f"| {name} | {batch} | {found.milliseconds()} | {batch / found.median:,.0f} |"
            for name, found in times.items()
        ]
    return lines
