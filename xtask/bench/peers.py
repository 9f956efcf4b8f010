"""Measures one work of one peer, in a process of its own, and prints it as one line of JSON.

The works and their arguments are those of `varvite-bench`, beside `--peer`. What is measured is the work alone: not the
start of Python, not imports, not bringing the input into the form that the peer likes best. A work that a peer cannot do
is answered with the reason.
"""

import functools
import itertools
import json
import os
import shutil

import program
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from measuring import measure_each, measure_once, measure_repeatedly
from program import Unavailable, main

NAME = "rows"
"""What everything is called that needs a name."""


# -- input and output ----------------------------------------------------------------------------------------------------


class Case:
    """Generated data, with what every side must come to."""

    def __init__(self, folder):
        self.folder = folder
        facts = json.loads((folder / "case.json").read_text(encoding="utf-8"))
        self.ordered_on, self.key, self.value = facts["ordered_on"], facts["key"], facts["value"]
        self.unit, self.range = facts["unit"], facts["range"]

    def rows(self, name="rows"):
        with pa.OSFile(str(self.folder / f"{name}.arrow")) as file:
            return pa.ipc.open_file(file).read_all()

    def few_rows(self):
        with pa.OSFile(str(self.folder / "rows.arrow")) as file:
            return pa.Table.from_batches([pa.ipc.open_file(file).get_batch(0).slice(0, 1000)])

    def batches(self):
        with pa.OSFile(str(self.folder / "batches.arrow")) as file:
            reader = pa.ipc.open_file(file)
            return [pa.Table.from_batches([reader.get_batch(at)]) for at in range(reader.num_record_batches)]

    def bounds(self, data_type):
        """The range as scalars of the ordered column's type."""
        stored = pa.timestamp(self.unit, data_type.tz)
        return [pa.scalar(value, stored).cast(data_type) for value in self.range]

    def filter(self, data_type):
        start, end = self.bounds(data_type)
        column = pc.field(self.ordered_on)
        return (column >= start) & (column < end)


def fact(table, value):
    """Rows and sum of a table."""
    table = table if isinstance(table, pa.Table) else table.to_arrow()
    values = table.column(value)
    present = values.filter(pc.invert(pc.is_nan(values)))  # pandas has no other way to say that a value is missing
    return {"rows": table.num_rows, "sum": pc.sum(present).as_py() or 0.0}


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != ".done")


def data_files(folder):
    return sorted(str(path) for path in folder.glob("*.parquet"))


def flush(*paths):
    """Makes files, and the names in folders, durable."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def copy(base, scratch):
    """Copies what was prepared, and lets the disk come to rest."""
    shutil.copytree(base, scratch, dirs_exist_ok=True)
    os.sync()


def once(folder, build):
    """Runs `build` unless it came to its end before."""
    if (folder / ".done").is_file():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build()
    (folder / ".done").touch()


# -- peers ---------------------------------------------------------------------------------------------------------------


class Peer(program.Peer):
    """The works, measured. A peer brings what it can do of `do_write`, `do_merge`, `appender`, `do_read` and the like."""

    cannot = {}
    """Works that the peer cannot do, with the reason."""
    not_durable = None
    """Why it cannot write durably, if so."""

    def __init__(self, options):
        super().__init__(options)
        self.base, self.scratch = options.base, options.scratch

    @functools.cached_property
    def case(self):
        return Case(self.options.case)

    def form(self, table):
        """Rows in the form that the peer takes."""
        return table

    def open(self, folder):
        """Opens what is kept open while a peer is used."""

    def warm_up(self):
        """Writes, and merges, a few rows elsewhere: imports, compilation and threads are no part of a work."""
        folder = self.scratch / "warm"
        folder.mkdir()
        self.do_write(folder, self.form(self.case.few_rows()))
        if self.options.work == "merge":
            self.do_merge(folder, self.form(self.case.few_rows().slice(0, 100)))
        shutil.rmtree(folder)

    # Preparing: a dataset of all rows, but for the works that need another.

    def prepare(self):
        special = getattr(self, f"prepare_{self.options.work}", None)
        if self.options.work in self.cannot:
            return
        if special:
            once(self.base, special)
        elif self.options.work in ("write", "merge", "read"):
            once(self.base, lambda: self.do_write(self.base, self.form(self.case.rows())))

    # The works.

    def measure(self):
        options = self.options
        if options.work in self.cannot:
            raise Unavailable(self.cannot[options.work])
        writes = options.work in ("write", "append", "merge")
        if writes and options.durable and self.not_durable:
            raise Unavailable(self.not_durable)
        return getattr(self, options.work)()

    def write(self):
        table = self.case.rows()
        count, rows = table.num_rows, self.form(table)
        del table
        self.warm_up()
        self.open(self.scratch)
        _, outcome = measure_once(lambda: self.do_write(self.scratch, rows))
        return {**outcome, **self.stored(), "rows_processed": count, "disk_bytes": size(self.scratch)}

    def merge(self):
        late = self.form(self.case.rows(self.options.late))
        self.warm_up()
        copy(self.base, self.scratch)
        self.open(self.scratch)
        _, outcome = measure_once(lambda: self.do_merge(self.scratch, late))
        return {**outcome, **self.stored(), "disk_bytes": size(self.scratch)}

    def append(self):
        batches = [self.form(batch) for batch in self.case.batches()]
        copy(self.base, self.scratch)
        self.open(self.scratch)
        outcome = measure_each(self.appender(self.scratch), batches)
        return {**outcome, **self.stored(), "disk_bytes": size(self.scratch)}

    def read(self):
        what = self.options.what
        self.open(self.base)
        table, outcome = measure_repeatedly(lambda: self.do_read(what), self.options.repeats)
        found = fact(table, self.case.value)
        return {**outcome, **found, "rows_processed": found["rows"]}

    def keys(self):
        self.open(self.base)
        keys, outcome = measure_repeatedly(lambda: self.do_list(self.options.filtered), self.options.repeats)
        return {**outcome, "rows": len(keys)}


NO_CATALOGUE = "it keeps no catalogue of datasets"
NO_WALK = "it does not walk over several datasets in lock step"


class Files(Peer):
    """A peer that reads and writes single Parquet files: files that are flushed after writing are durable."""

    cannot = {"keys": NO_CATALOGUE, "intersections": NO_WALK}

    def do_write(self, folder, rows):
        path = folder / f"{NAME}.parquet"
        self.write_file(rows, path)
        self.flush(path)

    def flush(self, path):
        if self.options.durable:
            flush(path, path.parent)

    def stored(self):
        return fact(pq.read_table(data_files(self.scratch), columns=[self.case.value]), self.case.value)

    @functools.cached_property
    def files(self):
        """What is read: a file of its own, or those of our dataset."""
        return data_files(self.base / "dataset" if self.options.files == "ours" else self.base)

    @functools.cached_property
    def time_type(self):
        return pq.read_schema(self.files[0]).field(self.case.ordered_on).type

    def prepare(self):
        if self.options.files == "own":
            super().prepare()


class Pyarrow(Files):
    cannot = {"keys": NO_CATALOGUE, "merge": "it replaces no rows by key"}

    def version(self):
        return pa.__version__

    def write_file(self, rows, path):
        pq.write_table(rows, path, compression="zstd", compression_level=1)

    def prepare_append(self):
        """Nothing: a file more does not know of the others."""

    def appender(self, folder):
        """A file more in a folder: no log, nothing that says which files belong together."""
        paths = (folder / f"{at:08}.parquet" for at in itertools.count())

        def append(batch):
            path = next(paths)
            self.write_file(batch, path)
            self.flush(path)

        return append

    def do_read(self, what):
        columns = [self.case.value] if what == "column" else None
        filters = None if what == "all" else self.case.filter(self.time_type)
        return pq.read_table(self.files, columns=columns, filters=filters)

    def intersections(self):
        """No walk: one file is decoded after the other."""
        files = sorted(str(path) for path in self.base.rglob("*.parquet") if not path.parent.name.endswith("_opdmd"))

        def decode():
            return sum(batch.num_rows for path in files for batch in pq.ParquetFile(path).iter_batches(1 << 16))

        rows, outcome = measure_once(decode)
        return {**outcome, "rows": rows, "rows_processed": rows}


class Polars(Files):
    cannot = {**Files.cannot, "append": "it adds no rows to what is stored"}

    def version(self):
        import polars

        return polars.__version__

    def form(self, table):
        import polars

        return polars.from_arrow(table, rechunk=True)

    def write_file(self, rows, path):
        rows.write_parquet(path, compression="zstd", compression_level=1)

    def do_read(self, what):
        import polars

        frame = polars.scan_parquet(self.files)
        if what != "all":
            data_type = polars.Datetime(self.time_type.unit, self.time_type.tz)
            bounds = self.case.bounds(self.time_type)
            start, end = (polars.lit(bound.as_py(), dtype=data_type) for bound in bounds)
            column = polars.col(self.case.ordered_on)
            frame = frame.filter((column >= start) & (column < end))
        return (frame.select(self.case.value) if what == "column" else frame).collect()

    def do_merge(self, folder, late):
        """All is written anew: rows that are not replaced, merged with the late ones by time."""
        import polars

        on = [self.case.ordered_on, *self.case.key]
        path, temporary = folder / f"{NAME}.parquet", folder / "merged"
        kept = polars.scan_parquet(path).join(late.lazy(), on=on, how="anti", maintain_order="left")
        merged = kept.merge_sorted(late.lazy(), key=self.case.ordered_on)
        merged.sink_parquet(temporary, compression="zstd", compression_level=1)
        self.flush(temporary)
        temporary.replace(path)
        self.flush(path)

    def stored(self):
        times = pq.read_table(data_files(self.scratch), columns=[self.case.ordered_on]).column(0).combine_chunks()
        if not pc.all(pc.less_equal(times[:-1], times[1:])).as_py():
            raise ValueError("the order is lost")
        return super().stored()


class Duckdb(Files):
    cannot = {
        **Files.cannot,
        "append": "it adds no rows to Parquet that is stored",
        "merge": "it replaces no rows of Parquet that is stored",
    }

    def version(self):
        import duckdb

        return duckdb.__version__

    @functools.cached_property
    def connection(self):
        import duckdb

        return duckdb.connect()

    def write_file(self, rows, path):
        self.connection.register("input", rows)
        options = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1"
        self.connection.execute(f"COPY (FROM input) TO '{path}' ({options})")

    def do_read(self, what):
        value, time_ = self.case.value, self.case.ordered_on
        select = f'SELECT "{value}"' if what == "column" else "SELECT *"
        where = "" if what == "all" else f'WHERE "{time_}" >= ?::{self.sql_type} AND "{time_}" < ?::{self.sql_type}'
        bounds = [] if what == "all" else [str(bound) for bound in self.case.bounds(self.time_type)]
        query = self.connection.sql(f"{select} FROM read_parquet({self.files}) {where}", params=bounds)
        return query.to_arrow_table()

    @property
    def sql_type(self):
        if self.time_type.tz:
            return "TIMESTAMPTZ"
        return "TIMESTAMP_NS" if self.case.unit == "ns" else "TIMESTAMP"


class Deltalake(Peer):
    not_durable = "delta-rs flushes nothing"
    cannot = {"keys": NO_CATALOGUE, "intersections": NO_WALK}

    def version(self):
        import deltalake

        return deltalake.__version__

    @property
    def properties(self):
        from deltalake import WriterProperties

        return WriterProperties(compression="ZSTD", compression_level=1)

    def table(self, folder):
        from deltalake import DeltaTable

        return DeltaTable(folder / NAME)

    def form(self, table):
        """Delta holds microseconds; all generated times are whole ones."""
        at = table.schema.get_field_index(self.case.ordered_on)
        field = table.schema.field(at)
        stored = pa.timestamp("us", field.type.tz)
        return table.set_column(at, field.with_type(stored), table.column(at).cast(stored))

    def do_write(self, folder, rows):
        from deltalake import write_deltalake

        write_deltalake(folder / NAME, rows, mode="append", writer_properties=self.properties)

    def do_merge(self, folder, late):
        same = " AND ".join(f"s.{name} = t.{name}" for name in [self.case.ordered_on, *self.case.key])
        properties = {"source_alias": "s", "target_alias": "t", "writer_properties": self.properties}
        merger = self.table(folder).merge(late, same, **properties)
        merger.when_matched_update_all().when_not_matched_insert_all().execute()

    def stored(self):
        table = self.table(self.scratch)
        counts = pa.table(table.get_add_actions(flatten=True)).column("num_records")
        if len(counts) > 1000:  # too many to read them all for a check
            return {"rows": pc.sum(counts).as_py()}
        return fact(table.to_pyarrow_table(columns=[self.case.value]), self.case.value)

    def prepare_append(self):
        """A table of so many files, committed at once, and a checkpoint of it."""
        from deltalake import Schema
        from deltalake.transaction import AddAction, create_table_with_add_actions

        rows, folder = self.form(self.case.rows()), self.base / NAME
        folder.mkdir()
        step, actions = rows.num_rows // self.options.row_groups, []
        for at in range(self.options.row_groups):
            part, path = rows.slice(at * step, step), folder / f"part-{at:08}.parquet"
            pq.write_table(part, path, compression="zstd", compression_level=1)
            stats = json.dumps({"numRecords": part.num_rows, **self.extremes(part)})
            stat = path.stat()
            actions.append(AddAction(path.name, stat.st_size, {}, int(stat.st_mtime * 1000), True, stats))
        create_table_with_add_actions(str(folder), Schema.from_arrow(rows.schema), actions)
        self.table(self.base).create_checkpoint()

    def extremes(self, part):
        name = self.case.ordered_on
        ends = [part.column(name)[at].as_py().strftime("%Y-%m-%dT%H:%M:%S.%f") for at in (0, -1)]
        return {"minValues": {name: ends[0]}, "maxValues": {name: ends[1]}, "nullCount": {name: 0}}

    def appender(self, folder):
        from deltalake import write_deltalake

        table = self.table(folder)
        return lambda batch: write_deltalake(table, batch, mode="append", writer_properties=self.properties)

    def do_read(self, what):
        dataset = self.table(self.base).to_pyarrow_dataset()
        data_type = dataset.schema.field(self.case.ordered_on).type
        columns = [self.case.value] if what == "column" else None
        return dataset.to_table(columns=columns, filter=None if what == "all" else self.case.filter(data_type))


class Arcticdb(Peer):
    """Its format is its own, compressed by LZ4. Its index holds nanoseconds without a time zone.

    LMDB flushes at each commit, unless a flag of its own that ArcticDB's configuration passes on tells it not to.
    """

    cannot = {"intersections": NO_WALK}
    MAP_SIZE = "64GB"
    NO_SYNC = 0x10000
    LIBRARY = "bench"

    def __init__(self, options):
        super().__init__(options)
        # Its merge takes pandas alone, and crashes on missing values that were written from Arrow.
        self.pandas = options.work == "merge"
        self.base = self.base.with_name(f"{self.base.name}-pandas") if self.pandas else self.base

    def version(self):
        import arcticdb

        return arcticdb.__version__

    @functools.cache
    def open(self, folder):
        """A folder must not be opened twice in one process."""
        import arcticdb

        arctic = arcticdb.Arctic(f"lmdb://{folder}/lmdb?map_size={self.MAP_SIZE}", output_format="PYARROW")
        if not arctic.has_library(self.LIBRARY):
            arctic.create_library(self.LIBRARY)
        return self.configured(arctic)

    def configured(self, arctic, rows_per_segment=100_000):
        """The library with segments of this size, flushing or not; those that are stored stay as they are."""
        from arcticc.pb2 import lmdb_storage_pb2

        manager, adapter = arctic._library_manager, arctic._library_adapter
        config = manager.get_library_config(self.LIBRARY, adapter.get_storage_override())
        config.lib_desc.version.write_options.segment_row_size = rows_per_segment
        for storage in config.storage_by_id.values():
            lmdb = lmdb_storage_pb2.Config()
            storage.config.Unpack(lmdb)
            lmdb.flags = 0 if self.options.durable and not self.options.prepare else self.NO_SYNC
            storage.config.Pack(lmdb)
        manager.write_library_config(config, self.LIBRARY, adapter.get_masking_override())
        manager.cleanup_library_if_open(self.LIBRARY)
        library = arctic[self.LIBRARY]
        if library.options().rows_per_segment != rows_per_segment:
            raise ValueError("segments have another size than they were told to have")
        library._nvs._set_allow_arrow_input()  # not public yet, and faster than pandas
        return library

    def form(self, table):
        """The ordered column first: it is the index."""
        index = table.column(self.case.ordered_on).cast(pa.timestamp("ns"))
        table = table.drop_columns([self.case.ordered_on]).add_column(0, self.case.ordered_on, index)
        return table.to_pandas().set_index(self.case.ordered_on) if self.pandas else table

    def do_write(self, folder, rows):
        library = self.open(folder)
        library.write(NAME, rows) if self.pandas else library.write(NAME, rows, index_column=True)

    def do_merge(self, folder, late):
        self.open(folder).merge_experimental(NAME, late, on=self.case.key)

    def stored(self):
        return fact(self.open(self.scratch).read(NAME, columns=[self.case.value]).data, self.case.value)

    def prepare_append(self):
        """So many segments of a few rows; appends then make segments of the usual size."""
        import arcticdb

        rows = self.form(self.case.rows())
        arctic = arcticdb.Arctic(f"lmdb://{self.base}/lmdb?map_size={self.MAP_SIZE}")
        arctic.create_library(self.LIBRARY)
        few = rows.num_rows // self.options.row_groups
        self.configured(arctic, few).write(NAME, rows, index_column=True)

    def appender(self, folder):
        library = self.open(folder)
        return lambda batch: library.append(NAME, batch, index_column=True)

    def do_read(self, what):
        columns = [self.case.value] if what == "column" else None
        library = self.open(self.base)
        if what == "all":
            return library.read(NAME, columns=columns).data
        import pandas

        start, end = (pandas.Timestamp(value, unit=self.case.unit) for value in self.case.range)
        both_included = (start, end - pandas.Timedelta(1, "ns"))
        return library.read(NAME, columns=columns, date_range=both_included).data

    def prepare_keys(self):
        import numpy
        import pandas
        from arcticdb import WritePayload

        library = self.open(self.base)
        frame = pandas.DataFrame({"bid": numpy.arange(10.0)}, index=pandas.date_range("2024", periods=10, freq="s"))
        names = key_names(self.options.count)
        for start in range(0, len(names), 1000):
            library.write_batch([WritePayload(name, frame) for name in names[start : start + 1000]])
        library.list_symbols()

    def do_list(self, filtered):
        return self.open(self.base).list_symbols(regex="^X07/" if filtered else None)


def key_names(count):
    """The keys of `varvite-bench`."""
    of_exchange = -(-count // 20)
    places = (divmod(at, of_exchange) for at in range(count))
    return [f"X{exchange:02}/S{within // 10:04}-{within % 10 + 1}" for exchange, within in places]


class Oups(Peer):
    not_durable = "oups flushes nothing"
    cannot = {
        "intersections": "its chunks end at each border of a row group of any dataset, not by day",
    }
    COMPRESSION = {"_default": {"type": "ZSTD", "args": {"level": 1}}}
    MAX_ROW_GROUPS = 65_536

    def __init__(self, options):
        super().__init__(options)
        if options.work == "append" and options.row_groups > self.MAX_ROW_GROUPS:
            self.cannot = {**self.cannot, "append": f"it holds at most {self.MAX_ROW_GROUPS} row groups"}
        if options.work == "read" and options.what == "column":
            self.cannot = {**self.cannot, "read": "it reads all columns"}

    def version(self):
        from importlib.metadata import version

        return version("oups")

    def dataset(self, folder):
        from oups.store import OrderedParquetDataset

        return OrderedParquetDataset(folder / NAME, ordered_on=self.case.ordered_on)

    def form(self, table):
        return table.to_pandas()

    def write_rows(self, dataset, rows, target=1 << 20, **options):
        dataset.write(df=rows, row_group_target_size=target, compression=self.COMPRESSION, **options)

    def do_write(self, folder, rows):
        self.write_rows(self.dataset(folder), rows)

    def do_merge(self, folder, late):
        self.write_rows(self.dataset(folder), late, duplicates_on=self.case.key)

    def stored(self):
        """Counted by another reader: the files are plain Parquet."""
        return fact(pq.read_table(data_files(self.scratch / NAME), columns=[self.case.value]), self.case.value)

    def prepare_append(self):
        rows = self.form(self.case.rows())
        self.write_rows(self.dataset(self.base), rows, len(rows) // self.options.row_groups)

    def appender(self, folder):
        dataset = self.dataset(folder)
        return lambda batch: self.write_rows(dataset, batch)

    def read(self):
        what = self.options.what
        frame, outcome = measure_repeatedly(lambda: self.do_read(what), self.options.repeats)
        found = {"rows": len(frame), "rows_processed": len(frame), "sum": float(frame[self.case.value].sum())}
        return {**outcome, **found}

    def do_read(self, what):
        """It has no ranges: row groups are chosen by their bounds, and the rest is cut off."""
        import pandas

        dataset = self.dataset(self.base)
        if what == "all":
            return dataset.to_pandas()
        zone = self.case.few_rows().schema.field(self.case.ordered_on).type.tz
        start, end = (pandas.Timestamp(value, unit=self.case.unit, tz=zone) for value in self.case.range)
        stats = dataset.row_group_stats
        positions = ((stats["ordered_on_maxs"] >= start) & (stats["ordered_on_mins"] < end)).to_numpy().nonzero()[0]
        frame = dataset[int(positions[0]) : int(positions[-1]) + 1].to_pandas()
        column = frame[self.case.ordered_on]
        return frame[(column >= start) & (column < end)]

    def prepare_keys(self):
        """Files of the names that its listing looks for: it does not open them."""
        for name in key_names(self.options.count):
            path = self.base / f"{name}_opdmd"
            path.parent.mkdir(exist_ok=True)
            path.touch()

    @functools.cached_property
    def key_type(self):
        from oups.store import sublevel, toplevel

        bars = sublevel(type("Bars", (), {"__annotations__": {"symbol": str, "minutes": int}}))
        return toplevel(type("Series", (), {"__annotations__": {"exchange": str, "bars": bars}}))

    def do_list(self, filtered):
        from oups.store import Store

        keys = Store(self.base, self.key_type).keys
        return [key for key in keys if key.exchange == "X07"] if filtered else keys


PEERS = {
    "pyarrow": Pyarrow,
    "polars": Polars,
    "duckdb": Duckdb,
    "deltalake": Deltalake,
    "arcticdb": Arcticdb,
    "oups": Oups,
}


# -- the command line ----------------------------------------------------------------------------------------------------


COUNT = {"type": int, "required": True}
WORKS = {
    "write": {},
    "append": {"--row-groups": COUNT},
    "merge": {"--late": {"required": True}},
    "read": {"--what": {"choices": ["all", "range", "column"], "required": True}},
    "intersections": {"--datasets": COUNT, "--rows": COUNT},
    "keys": {"--count": COUNT, "--filtered": {"action": "store_true"}},
}


if __name__ == "__main__":
    main(__doc__, PEERS, WORKS)
