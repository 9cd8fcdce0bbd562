"""What `conformance/load` prints: the machine, one table for each size with every run and the median, and the bars."""

import dataclasses
import os
import pathlib
import statistics

from . import wrk

RSS_USERS, RSS_MIB = 100_000, 300.0
# Microseconds for one request: user+system.
CPU = "CPU µs static / bridge"


@dataclasses.dataclass
class Row:
    """One kind of request at one size: rates of static server and bridge, run by run, in pairs."""

    name: str
    bar: float | None
    static: list = dataclasses.field(default_factory=list)
    bridge: list = dataclasses.field(default_factory=list)

    def ratios(self) -> list:
        return [ours.per_second / theirs.per_second for theirs, ours in zip(self.static, self.bridge)]


@dataclasses.dataclass
class Bar:
    name: str
    wanted: str
    found: str
    met: bool


def machine() -> str:
    info = pathlib.Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    models = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
    return f"{os.cpu_count()} x {models[0] if models else 'unknown processor'}"


def table(rows: list) -> None:
    print(f"  {'requests/s':<22}{'run':>7}{'static':>12}{'bridge':>12}{'ratio':>9}{'p50 ms':>9}{'p99 ms':>9}{CPU:>26}")
    for row in rows:
        for number, (theirs, ours, ratio) in enumerate(zip(row.static, row.bridge, row.ratios()), 1):
            line(row.name if number == 1 else "", str(number), theirs, ours, ratio)
        line("", "median", middle(row.static), middle(row.bridge), statistics.median(row.ratios()))


def middle(side: list) -> wrk.Rate:
    """The median of each figure."""
    names = [field.name for field in dataclasses.fields(wrk.Rate)]
    return wrk.Rate(*(statistics.median(getattr(rate, name) for rate in side) for name in names))


def line(name: str, run: str, static: wrk.Rate, bridge: wrk.Rate, ratio: float) -> None:
    rates = f"{static.per_second:>12,.0f}{bridge.per_second:>12,.0f}{ratio:>9.3f}{bridge.p50_ms:>9.2f}{bridge.p99_ms:>9.2f}"
    cost = " / ".join(f"{rate.user_us:.1f}+{rate.system_us:.1f}" for rate in (static, bridge))
    print(f"  {name:<22}{run:>7}{rates}{cost:>26}")


def bars_of(users: int, rows: list, rss_mib: float) -> list:
    bars = []
    for row in rows:
        if row.bar is not None:
            ratio = statistics.median(row.ratios())
            name = f"{row.name}, {users:,} users"
            bars.append(Bar(name, f">= {row.bar}", f"{ratio:.3f}", ratio >= row.bar))
    if users == RSS_USERS:
        bars.append(
            Bar(f"RSS after a restart, {users:,} users", f"<= {RSS_MIB:.0f} MiB", f"{rss_mib:.0f} MiB", rss_mib <= RSS_MIB)
        )
    return bars


def verdict(bars: list, sizes: list) -> bool:
    print("\nBars (median of all runs):")
    for bar in bars:
        print(f"  {bar.name:<46}{bar.wanted:>14}{bar.found:>12}   {'met' if bar.met else 'NOT MET'}")
    if RSS_USERS not in sizes:
        print(f"  {f'RSS after a restart, {RSS_USERS:,} users':<46}{f'<= {RSS_MIB:.0f} MiB':>14}{'':>12}   not measured")
    return all(bar.met for bar in bars)
