"""Measurements that anyone can repeat: `make bench`, or `understudy bench NAME`.

Each module measures one thing on the real programs and prints what it measured, whatever it is.

How a measurement is written: a module (or package) `bench.NAME`, and NAME in `bench.run`, with

- `BARS: tuple[Bar, ...]`, the bar of each figure that has one, here and nowhere else;
- `TOLD: tuple[str, ...]`, further figures worth a row in the table; all others are in the results
  only;
- `async def measure(**options) -> dict[str, Any]`, which ends with `return judge(NAME, figures,
  BARS)`. Of its options `seed` draws the same again, and all others make it shorter or longer.

What is read several times goes through `bench.figures.over_runs` (the runs of several parts through
`together`): the figure is the median, and how far the runs were apart is under "spread",
{figure: {"median", "min", "max", "runs"}}. A name ends with its unit: `_seconds`, `_ms`, `_mb`,
`_kb`, `_bytes`, `_per_second`, `_ratio` or `_speedup`; a name without is a count or a share. It
raises StackError for what it needs and doesn't get; `make bench` then goes on with the others.
Where the machine's other work could be taken for the figure, ratios within one run and time on a
processor are measured instead.
"""
