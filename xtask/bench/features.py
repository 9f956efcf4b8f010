"""Measures one work on features of one peer, in a process of its own, and prints it as one line of JSON.

As `peers.py`, whose arguments it takes; a peer that has several ways to do a work is told which by `--how`.
"""

import functools
import itertools
import json
import math
import sqlite3
import struct

import program
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from measuring import measure_each, measure_once, measure_repeatedly
from program import main


class Case:
    """Generated features, with what every side must come to."""

    def __init__(self, folder):
        facts = json.loads((folder / "case.json").read_text(encoding="utf-8"))
        self.key, self.features, self.ttl_us = facts["key"], facts["features"], facts["ttl_us"]
        self.event_time, self.created_time = facts["event_time"], facts["created_time"]
        self.entity_time = facts["entity_time"]
        self.entities = str(folder / "entities.parquet")
        self.history = sorted(str(path) for path in (folder / "history" / "dataset").glob("*.parquet"))
        self.folder = folder

    def load(self, at):
        """Rows of key, event time in microseconds and features: a load, read from its file."""
        table = pq.read_table(self.folder / f"load-{at}.parquet", columns=[self.key, self.event_time, *self.features])
        events = table.column(self.event_time).cast(pa.int64())
        table = table.set_column(1, self.event_time, events)
        return zip(*(column.to_pylist() for column in table.columns))

    def asked(self, count):
        return pq.read_table(self.folder / "asked.parquet").column(0).to_pylist()[:count]


def facts(table, features):
    """Rows; of each feature the values that are not null, their sum, and the sum of each times its place in the table."""
    places = pc.divide(pa.array(range(table.num_rows), pa.float64()), float(table.num_rows))
    columns = []
    for name in features:
        values = table.column(name)
        placed = pc.sum(pc.multiply(values, places)).as_py() or 0.0
        present = len(values) - values.null_count
        columns.append({"present": present, "sum": pc.sum(values).as_py() or 0.0, "placed": placed})
    return {"rows": table.num_rows, "columns": columns}


class Peer(program.Peer):
    """Peers read the files of the case."""

    @functools.cached_property
    def case(self):
        return Case(self.options.case)

    def pit(self):
        """All entity rows in their order, with the features as of their times, in memory."""
        join = {"ASOF JOIN": "asof", "range join": "range", "join_asof": "asof"}[self.options.how]
        table, outcome = measure_repeatedly(getattr(self, join), self.options.repeats)
        table = table if isinstance(table, pa.Table) else table.to_arrow()
        return {**outcome, **facts(table, self.case.features), "rows_processed": table.num_rows}


class Duckdb(Peer):
    """Times are compared as integers: those with a zone go through ICU, which is slower. The order of entity rows is given
    back by a sort on their number in the file."""

    def version(self):
        import duckdb

        return duckdb.__version__

    @functools.cached_property
    def connection(self):
        import duckdb

        return duckdb.connect()

    def asof(self):
        """Rows are de-duplicated by the one that follows: cheaper than numbering them or grouping by key and time."""
        case = self.case
        is_fresh = f"e.t - h.event <= {case.ttl_us}"
        features = ", ".join(f"CASE WHEN {is_fresh} THEN h.{name} END AS {name}" for name in case.features)
        return self.connection.sql(f"""
            WITH {self.tables()}, newest AS (
                FROM history
                QUALIFY lead(event) OVER (PARTITION BY {case.key} ORDER BY event, created) IS DISTINCT FROM event
            )
            SELECT e.{case.key}, e.{case.entity_time}, {features}
            FROM entities e ASOF LEFT JOIN newest h ON e.{case.key} = h.{case.key} AND h.event <= e.t
            ORDER BY e.file_row_number
        """).to_arrow_table()

    def range(self):
        """Winners are found by number, and their values joined afterwards: cheaper than carrying values along. One number
        that orders like event and created time is cheaper than comparing the two."""
        case = self.case
        features = ", ".join(case.features)
        return self.connection.sql(f"""
            WITH {self.tables()}, numbered AS MATERIALIZED (
                SELECT *, row_number() OVER () AS number FROM history
            ), best AS (
                SELECT e.file_row_number, arg_max(h.number, h.event::HUGEINT * 10000000000000000 + h.created) AS number
                FROM entities e JOIN numbered h
                ON e.{case.key} = h.{case.key} AND h.event BETWEEN e.t - {case.ttl_us} AND e.t
                GROUP BY e.file_row_number
            )
            SELECT e.{case.key}, e.{case.entity_time}, {features}
            FROM entities e LEFT JOIN best USING (file_row_number) LEFT JOIN numbered h USING (number)
            ORDER BY e.file_row_number
        """).to_arrow_table()

    def tables(self):
        case = self.case
        return f"""
            entities AS (
                SELECT *, epoch_us({case.entity_time}) AS t
                FROM read_parquet('{case.entities}', file_row_number = true)
            ), history AS (
                SELECT {case.key}, epoch_us({case.event_time}) AS event, epoch_us({case.created_time}) AS created,
                    {", ".join(case.features)}
                FROM read_parquet({case.history})
            )"""


class Polars(Peer):
    """Among rows of one key and time `join_asof` takes the last, so sorting by created time replaces a de-duplication."""

    def version(self):
        import polars

        return polars.__version__

    def asof(self):
        import polars

        case = self.case
        columns = [case.key, case.event_time, case.created_time, *case.features]
        history = polars.scan_parquet(case.history).select(columns).sort(case.event_time, case.created_time)
        entities = polars.scan_parquet(case.entities).with_row_index("row").sort(case.entity_time)
        joined = entities.join_asof(
            history.drop(case.created_time),
            left_on=case.entity_time,
            right_on=case.event_time,
            by=case.key,
            strategy="backward",
            tolerance=f"{case.ttl_us}us",
            check_sortedness=False,
        )
        return joined.sort("row").select(case.key, case.entity_time, *case.features).collect()


class OnlineStore(Peer):
    """Point reads in Python: they give the values alone, without a status, and look at no TTL."""

    def prepare(self):
        if self.options.work == "online" and not (self.options.base / ".done").is_file():
            self.options.base.mkdir(parents=True, exist_ok=True)
            self.create(self.options.base)
            self.write(self.case.load(0))
            (self.options.base / ".done").touch()

    def online(self):
        entities = self.options.entities
        asked = self.case.asked(entities * self.options.count)
        self.open(self.options.base)
        if entities == 1:
            look_up, inputs = lambda key: [self.one(key)], asked
        else:
            look_up, inputs = self.several, [asked[at : at + entities] for at in range(0, len(asked), entities)]
        for keys in inputs:
            look_up(keys)
        answers = []
        outcome = measure_each(lambda keys: answers.append(look_up(keys)), inputs)
        nothing = (None,) * len(self.case.features)
        rows = [row or nothing for row in itertools.chain.from_iterable(answers)]
        columns = (pa.array(column, pa.float64()) for column in zip(*rows))
        return {**outcome, **facts(pa.table(dict(zip(self.case.features, columns))), self.case.features)}

    def materialize(self):
        """A load is read from Parquet and written, durably."""
        self.create(self.options.scratch)
        before = list(self.case.load(0))  # also starts the threads that read Parquet
        if self.options.again:
            self.write(before)
        del before
        at = int(self.options.again)
        _, outcome = measure_once(lambda: self.write(self.case.load(at)))
        rows = self.count()
        return {**outcome, "rows": rows, "rows_processed": rows}


class Sqlite(OnlineStore):
    """A table without row numbers, its key first; SQLite's own settings, which flush each transaction."""

    def version(self):
        return sqlite3.sqlite_version

    def create(self, folder):
        self.open(folder)
        columns = ", ".join(f"{name} REAL" for name in self.case.features)
        self.connection.execute(f"CREATE TABLE online (id INTEGER PRIMARY KEY, event INTEGER, {columns})")

    def open(self, folder):
        self.connection = sqlite3.connect(folder / "online.sqlite")
        names = ", ".join(self.case.features)
        self.select_one = f"SELECT {names} FROM online WHERE id = ?"
        marks = ", ".join("?" * (getattr(self.options, "entities", 1)))
        self.select_several = f"SELECT id, {names} FROM online WHERE id IN ({marks})"

    def write(self, rows):
        marks = ", ".join("?" * (2 + len(self.case.features)))
        with self.connection:
            self.connection.executemany(f"INSERT OR REPLACE INTO online VALUES ({marks})", rows)

    def count(self):
        return self.connection.execute("SELECT count(*) FROM online").fetchone()[0]

    def one(self, key):
        return self.connection.execute(self.select_one, (key,)).fetchone()

    def several(self, keys):
        found = {key: values for key, *values in self.connection.execute(self.select_several, keys)}
        return [found.get(key) for key in keys]


class Lmdb(OnlineStore):
    """Values packed by `struct`, NaN for null; keys as big-endian bytes. LMDB flushes each transaction."""

    ROW = struct.Struct("<q4d")
    KEY = struct.Struct(">q")

    def version(self):
        import lmdb

        return lmdb.__version__

    def create(self, folder):
        self.open(folder)

    def open(self, folder):
        import lmdb

        self.environment = lmdb.open(str(folder / "lmdb"), map_size=1 << 30)

    def write(self, rows):
        with self.environment.begin(write=True) as transaction:
            for key, event, *values in rows:
                packed = self.ROW.pack(event, *(math.nan if value is None else value for value in values))
                transaction.put(self.KEY.pack(key), packed)

    def count(self):
        return self.environment.stat()["entries"]

    def one(self, key):
        return self.several([key])[0]

    def several(self, keys):
        with self.environment.begin(buffers=True) as transaction:
            found = (transaction.get(self.KEY.pack(key)) for key in keys)
            return [row and self.unpacked(row) for row in found]

    def unpacked(self, row):
        _, *values = self.ROW.unpack(row)
        return [None if math.isnan(value) else value for value in values]


PEERS = {"duckdb": Duckdb, "polars": Polars, "sqlite3": Sqlite, "lmdb": Lmdb}


WORKS = {
    "pit": {},
    "online": {flag: {"type": int, "required": True} for flag in ["--entities", "--count"]},
    "materialize": {"--again": {"action": "store_true"}},
}


if __name__ == "__main__":
    main(__doc__, PEERS, WORKS)
