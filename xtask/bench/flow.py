"""Measures one work on dataflows or on operators over ordered rows of one peer, in a process of its own, and prints it as
one line of JSON.

As `peers.py`, whose arguments it takes. Graphs are those of `crates/varvite-bench/src/flow/shape.rs`.
"""

import functools
import json
import os
import sys
import types

import program
from measuring import measure_repeatedly
from program import main

INPUT = "n0"
WIDTH = 10


# -- graphs --------------------------------------------------------------------------------------------------------------


def sources(at):
    """What a node of the layered graph reads."""
    if at < WIDTH:
        return [INPUT]
    layer, place = at // WIDTH - 1, at % WIDTH
    return [f"l{layer * WIDTH + place}", f"l{layer * WIDTH + (place + 1) % WIDTH}"]


def source_of(shape, at, of):
    """A node as a function of Python, of values of type `of`."""
    if shape == "chain":
        return f"def n{at + 1}(n{at}: {of}) -> {of}:\n    return n{at} + 1.0\n"
    if at < WIDTH:
        return f"def l{at}({INPUT}: {of}) -> {of}:\n    return {INPUT} * 0.5 + {float(at)}\n"
    one, two = sources(at)
    return f"def l{at}({one}: {of}, {two}: {of}) -> {of}:\n    return {one} * 0.75 + {two} * 0.25\n"


def request(shape, nodes):
    return [f"n{nodes}"] if shape == "chain" else [f"l{at}" for at in range(nodes - WIDTH, nodes)]


def fact_of_values(values):
    """As the generator: how many, and their sum, each times its place."""
    return {"rows": len(values), "sum": sum(value * place for place, value in enumerate(values, 1))}


def column_fact(values):
    """Of a series of Polars: values that are not null, their sum, and the sum of each times its place in the column."""
    import polars

    places = polars.int_range(len(values), eager=True) / len(values)
    return {"present": values.count(), "sum": values.sum(), "placed": (values * places).sum()}


def array_fact(values):
    """The same of an array of numpy, where NaN stands for null."""
    import numpy

    present = ~numpy.isnan(values)
    placed = (values * (numpy.arange(len(values)) / len(values)))[present]
    return {"present": int(present.sum()), "sum": float(values[present].sum()), "placed": float(placed.sum())}


def fact_of_columns(columns, fact=column_fact):
    return {"rows": len(columns[0]), "columns": [fact(column) for column in columns]}


# -- peers ---------------------------------------------------------------------------------------------------------------


class Peer(program.Peer):
    @functools.cached_property
    def case(self):
        return json.loads((self.options.case / "case.json").read_text(encoding="utf-8"))

    def repeated(self, work):
        return measure_repeatedly(work, self.options.repeats)


class Hamilton(Peer):
    """Its driver walks the graph by recursion: the limit is raised, where a chain is longer than Python allows."""

    def __init__(self, options):
        super().__init__(options)
        os.environ["HAMILTON_TELEMETRY_ENABLED"] = "false"
        sys.setrecursionlimit(1_000_000)

    def version(self):
        from importlib.metadata import version

        return version("apache-hamilton")

    def module(self, shape, of):
        """A module of all nodes, as if it had been written by hand."""
        import polars

        module = types.ModuleType("nodes")
        module.polars = polars
        sys.modules[module.__name__] = module
        source = "\n".join(source_of(shape, at, of) for at in range(self.options.nodes))
        exec(compile(source, module.__name__, "exec"), module.__dict__)
        return module

    def driver(self, module):
        from hamilton import driver

        return driver.Builder().with_modules(module).build()

    def run(self, shape, of, value):
        """The values that are asked for, and what it took."""
        driver = self.driver(self.module(shape, of))
        names = request(shape, self.options.nodes)
        found, outcome = self.repeated(lambda: driver.execute(names, inputs={INPUT: value}))
        return [found[name] for name in names], outcome

    def flow_scalar(self):
        found, outcome = self.run(self.options.shape, "float", 1.0)
        return {**outcome, **fact_of_values(found)}

    def flow_row(self):
        import polars

        found, outcome = self.run(self.options.shape, "polars.Series", polars.Series([1.0]))
        return {**outcome, **fact_of_values([series.item() for series in found])}

    def flow_build(self):
        module = self.module(self.options.shape, "float")
        driver, outcome = self.repeated(lambda: self.driver(module))
        nodes = [node for node in driver.list_available_variables() if not node.is_external_input]
        return {**outcome, "rows": len(nodes)}

    def flow_layered(self):
        import polars

        rows = polars.Series(range(self.case["rows"]), dtype=polars.Float64)
        found, outcome = self.run("layered", "polars.Series", rows)
        fact = fact_of_columns(found)
        return {**outcome, **fact, "rows_processed": len(rows)}


class Polars(Peer):
    def version(self):
        import polars

        return polars.__version__

    def rows(self, name):
        """Told to be in order, and in one piece."""
        import polars

        return polars.read_ipc(self.options.case / f"{name}.arrow").rechunk().set_sorted("ts")

    def flow_layered(self):
        import polars

        rows = polars.DataFrame({INPUT: polars.Series(range(self.case["rows"]), dtype=polars.Float64)})
        nodes = self.options.nodes

        def expression(at):
            one, *two = [polars.col(name) for name in sources(at)]
            made = one * 0.75 + two[0] * 0.25 if two else one * 0.5 + float(at)
            return made.alias(f"l{at}")

        def work():
            plan = rows.lazy()
            for layer in range(0, nodes, WIDTH):
                plan = plan.with_columns(expression(at) for at in range(layer, layer + WIDTH))
            return plan.select(request("layered", nodes)).collect()

        found, outcome = self.repeated(work)
        fact = fact_of_columns(found.get_columns())
        return {**outcome, **fact, "rows_processed": rows.height}

    def asof(self):
        """It has no state to go on from: all rows at once."""
        targets, rows = self.rows("targets"), self.rows("rows")
        found, outcome = self.repeated(lambda: targets.join_asof(rows, on="ts", strategy="backward"))
        return {**outcome, **fact_of_columns([found["price"]]), "rows_processed": rows.height}

    def segagg(self):
        """It has no state to go on from: all rows at once."""
        import polars

        rows, price = self.rows("rows"), polars.col("price")
        functions = [price.first(), price.last(), price.min(), price.max(), price.sum()]
        functions = [function.alias(f"price_{at}") for at, function in enumerate(functions)]
        found, outcome = self.repeated(lambda: rows.group_by_dynamic("ts", every="1m").agg(functions))
        fact = fact_of_columns(found.get_columns()[1:])
        return {**outcome, **fact, "rows_processed": rows.height}


class Oups(Peer):
    """Frames of pandas, which are what it takes; chunks are views of them."""

    def version(self):
        from importlib.metadata import version

        return version("oups")

    def rows(self, name):
        import pyarrow

        with pyarrow.OSFile(str(self.options.case / f"{name}.arrow")) as file:
            return pyarrow.ipc.open_file(file).read_all().to_pandas()

    def chunks(self, rows):
        size = self.options.chunk or len(rows)
        return [rows.iloc[start : start + size] for start in range(0, len(rows), size)]

    def asof(self):
        import numpy
        from oups.stateful_ops import AsofMerger

        rows, targets = self.rows("rows"), self.rows("targets")["ts"].to_numpy()
        chunks = self.chunks(rows)
        ends = numpy.searchsorted(targets, [chunk["ts"].to_numpy()[0] for chunk in chunks[1:]])
        portions = list(zip(numpy.split(targets, ends), chunks))

        def work():
            merger = AsofMerger("ts", n_dfs_per_group=1, allow_exact_matches=[True])
            return [merger.merge(targets, df_groups=[rows]) for targets, rows in portions]

        found, outcome = self.repeated(work)
        prices = numpy.concatenate([part["price"].to_numpy() for part in found])
        return {**outcome, **fact_of_columns([prices], array_fact), "rows_processed": len(rows)}

    def segagg(self):
        """The open bin comes again with the next chunk: the last row of each label holds."""
        import pandas
        from oups.stateful_ops.aggstream.cumsegagg import cumsegagg

        rows = self.rows("rows")
        chunks = self.chunks(rows)
        functions = {name: ("price", name) for name in ["first", "last", "min", "max", "sum"]}
        minute = pandas.Grouper(key="ts", freq="1min")

        def work():
            buffer = {}
            return [cumsegagg(chunk, functions, minute, buffer=buffer, ordered_on="ts") for chunk in chunks]

        found, outcome = self.repeated(work)
        bins = pandas.concat(found)
        bins = bins[~bins.index.duplicated(keep="last")]
        fact = fact_of_columns([bins[name].to_numpy() for name in functions], array_fact)
        return {**outcome, **fact, "rows_processed": len(rows)}


PEERS = {"hamilton": Hamilton, "polars": Polars, "oups": Oups}

NODES = {"--nodes": {"type": int, "required": True}}
GRAPH = {"--shape": {"choices": ["chain", "layered"], "required": True}, **NODES}
CHUNK = {"--chunk": {"type": int, "required": True}}
WORKS = {
    "flow-scalar": GRAPH,
    "flow-build": GRAPH,
    "flow-row": GRAPH,
    "flow-layered": NODES,
    "asof": CHUNK,
    "segagg": CHUNK,
}


if __name__ == "__main__":
    main(__doc__, PEERS, WORKS)
