"""What failures cost a run on several nodes: a simulation of `synth2real generate --engine ray`.

Workers take blocks in order. What a node made and the driver has not written yet lies in the node's memory and dies
with it: those blocks are made again. The driver writes in order of index; no block is begun that is further ahead of
what is written than the nodes' memory holds. The driver stands on node 0. Where that node dies, the run begins again
with the last whole part of a shard (`PART`).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from recon.synthesis.job import BLOCK
from recon.synthesis.produce import PART


@dataclass(frozen=True)
class Cluster:
    """nodes of so many workers each. block_s: seconds of a block, spread: their standard deviation over the mean.
    mtbf_h: hours between a node's failures, inf: none. away_s: until a node that died is back. ahead: blocks that are
    made and not written, at most."""

    nodes: int
    workers: int
    block_s: float
    spread: float
    mtbf_h: float
    away_s: float
    ahead: int


@dataclass(frozen=True)
class Cost:
    """wall_s: of the run. made: blocks, those made again among them; begun and lost ones count by their share done.
    deaths: of nodes, drivers: of these, node 0."""

    wall_s: float
    made: float
    deaths: int
    drivers: int


def simulate(cluster: Cluster, blocks: int, seed: int) -> Cost:
    """Run `blocks` blocks to their end."""
    return _Run(cluster, blocks, np.random.default_rng(seed)).to_the_end()


class _Run:
    def __init__(self, cluster: Cluster, blocks: int, rng: np.random.Generator) -> None:
        self.cluster, self.blocks, self.rng = cluster, blocks, rng
        self.now, self.made, self.deaths, self.drivers = 0.0, 0.0, 0, 0
        self.written = 0  # all blocks before this one
        self.held: dict[int, int] = {}  # made and not written: block -> the node where it lies
        self.todo: list[int] = []  # to be made again, a heap
        self.fresh = 0  # the first block that nobody began
        self.running: dict[int, tuple[int, float]] = {}  # worker -> its block, since when
        self.idle = set(range(cluster.nodes * cluster.workers))
        self.events: list[tuple[float, str, int, float]] = []  # time, kind, worker or node, since when it runs
        for node in range(cluster.nodes):
            self._may_die(node)

    def to_the_end(self) -> Cost:
        self._begin_blocks()
        while self.written < self.blocks:
            self.now, kind, who, since = heapq.heappop(self.events)
            if kind == "done":
                self._finish(who, since)
            elif kind == "dies":
                self._kill(who)
            else:
                self.idle |= self._workers(who)
                self._may_die(who)
            self._begin_blocks()
        return Cost(self.now, self.made, self.deaths, self.drivers)

    def _workers(self, node: int) -> set[int]:
        return set(range(node * self.cluster.workers, (node + 1) * self.cluster.workers))

    def _may_die(self, node: int) -> None:
        if np.isfinite(self.cluster.mtbf_h):
            heapq.heappush(
                self.events, (self.now + self.rng.exponential(self.cluster.mtbf_h * 3600), "dies", node, 0.0)
            )

    def _begin_blocks(self) -> None:
        while self.idle:
            if self.todo:
                block = heapq.heappop(self.todo)
            elif self.fresh < min(self.blocks, self.written + self.cluster.ahead):
                block, self.fresh = self.fresh, self.fresh + 1
            else:
                return
            worker = self.idle.pop()
            self.running[worker] = block, self.now
            spread = np.log1p(self.cluster.spread**2) ** 0.5  # log-normal, of mean block_s
            took = self.cluster.block_s * self.rng.lognormal(-(spread**2) / 2, spread)
            heapq.heappush(self.events, (self.now + took, "done", worker, self.now))

    def _finish(self, worker: int, since: float) -> None:
        if worker not in self.running or self.running[worker][1] != since:
            return  # it died meanwhile
        block, _ = self.running.pop(worker)
        self.idle.add(worker)
        self.made += 1
        self.held[block] = worker // self.cluster.workers
        while self.written in self.held:
            del self.held[self.written]
            self.written += 1

    def _kill(self, node: int) -> None:
        self.deaths += 1
        self.drivers += node == 0
        lost = range(self.cluster.nodes) if node == 0 else [node]
        for worker in set().union(*map(self._workers, lost)):
            if worker in self.running:
                block, since = self.running.pop(worker)
                self.made += min(1.0, (self.now - since) / self.cluster.block_s)
                heapq.heappush(self.todo, block)
            self.idle.discard(worker)
        for block in [block for block, at in self.held.items() if at in lost]:
            del self.held[block]
            heapq.heappush(self.todo, block)
        if node == 0:  # nothing but whole parts is left, and all begin again together
            self.written -= self.written % (PART // BLOCK)
            self.todo, self.fresh, self.events = [], self.written, []
        for one in lost:
            heapq.heappush(self.events, (self.now + self.cluster.away_s, "back", one, 0.0))
