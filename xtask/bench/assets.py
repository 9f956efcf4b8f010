"""Measures one work on assets of one peer, in a process of its own, and prints it as one line of JSON.

As `peers.py`, whose arguments it takes. hyperion-sdk keeps a partition a day as an Avro file, in its own layout; Polars
reads our files.
"""

import asyncio
import datetime
import functools
import importlib.metadata
import json
import shutil

import program
from measuring import measure_once, measure_repeatedly
from program import main

ASSET = "weather"
START = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


def bytes_below(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != ".done")


class Peer(program.Peer):
    @functools.cached_property
    def case(self):
        return json.loads((self.options.case / "case.json").read_text(encoding="utf-8"))

    def fact(self, frame):
        return {"rows": frame.height, "sum": frame[self.case["value"]].sum(), "rows_processed": frame.height}


class Polars(Peer):
    """Our files, with Polars from Python."""

    def version(self):
        import polars

        return polars.__version__

    def asset_frame(self):
        import polars

        value = self.case["value"]
        folder = self.options.base / "features"

        def work():
            # Not the folder beside it, whose checkpoints are Parquet files, too.
            frame = polars.scan_parquet(sorted(folder.glob("*/all/*.parquet")))
            if self.options.what == "ready":
                return frame
            return (frame.select(polars.col(value).sum()) if self.options.what == "sum" else frame).collect()

        found, outcome = measure_repeatedly(work, self.options.repeats)
        if self.options.what == "ready":
            return {**outcome, "rows": self.case["partitions"]}
        if self.options.what == "sum":
            return {**outcome, "rows": 1, "sum": found.item()}
        return {**outcome, **self.fact(found)}


class Hyperion(Peer):
    """Rows are stored under the end of their interval: that is where its readers look."""

    def version(self):
        return importlib.metadata.version("hyperion-sdk")

    def catalog(self, folder):
        import loguru
        from hyperion.adapters.queue.memory import InMemoryQueue
        from hyperion.adapters.schema_registry.local import LocalSchemaStore
        from hyperion.adapters.storage.filesystem import FilesystemStorage
        from hyperion.catalog.catalog import Catalog

        loguru.logger.remove()  # a line about everything it does
        schemas = folder / "schemas"
        (schemas / "feature").mkdir(parents=True, exist_ok=True)
        (schemas / "feature" / f"{ASSET}.v1.avro.json").write_text(json.dumps(self.schema()), encoding="utf-8")
        storage = FilesystemStorage(folder / "assets")
        return Catalog(storage=storage, schema_store=LocalSchemaStore(schemas), queue=InMemoryQueue())

    def schema(self):
        time = {"type": "long", "logicalType": "timestamp-micros"}
        types = {"timestamp": time, "temperature": "double", "humidity": ["null", "double"], "station": "int"}
        return {"type": "record", "name": ASSET, "fields": [{"name": name, "type": of} for name, of in types.items()]}

    def partitions(self):
        """Each day's label and rows."""
        import polars

        rows = polars.read_ipc(self.options.case / "rows.arrow", memory_map=False)
        of_day = rows.height // self.case["partitions"]
        for day in range(self.case["partitions"]):
            yield START + (day + 1) * DAY, rows.slice(day * of_day, of_day).to_dicts()

    def store(self, folder, partitions):
        from hyperion.dateutils import TimeResolution
        from hyperion.domain.assets import FeatureAsset

        catalog, resolution = self.catalog(folder), TimeResolution.from_str("1d")
        for label, rows in partitions:
            catalog.store_asset(FeatureAsset(ASSET, label, resolution), rows)

    def prepare(self):
        base = self.options.base
        if self.options.work != "asset-write" and not (base / ".done").is_file():
            shutil.rmtree(base, ignore_errors=True)
            self.store(base, self.partitions())
            (base / ".done").touch()

    def asset_write(self):
        """Rows are dicts already: it takes nothing else."""
        partitions = list(self.partitions())
        warm = self.options.scratch / "warm"
        self.store(warm, partitions[:1])  # imports are no part of the work
        shutil.rmtree(warm)
        _, outcome = measure_once(lambda: self.store(self.options.scratch, partitions))
        rows = sum(len(rows) for _, rows in partitions)
        total = sum(row[self.case["value"]] for _, rows in partitions for row in rows)
        disk_bytes = bytes_below(self.options.scratch)
        return {**outcome, "rows": rows, "sum": total, "rows_processed": rows, "disk_bytes": disk_bytes}

    def asset_plan(self):
        """Each day of the range is asked for, one after the other; its range ends with its end."""
        catalog, end = self.catalog(self.options.base), START + (self.case["partitions"] - 1) * DAY
        starts = {"first": START, "unbounded": None, "year-1": datetime.datetime.min}
        start = (starts[self.options.start] or datetime.datetime.min).replace(tzinfo=datetime.timezone.utc)
        work = functools.partial(catalog.iter_feature_store_partitions, ASSET, "1d", start, end)
        found, outcome = measure_once(lambda: list(work()))
        return {**outcome, "rows": len(found)}

    def collection(self, model, specifier):
        """A collection of one field, all of the year."""
        from hyperion.repository.asset_collection import AssetCollection

        end = START + (self.case["partitions"] - 1) * DAY
        field = specifier(model, start_date=START, end_date=end)
        return type("Report", (AssetCollection,), {"catalog": self.catalog(self.options.base), "field": field})

    def asset_rows(self):
        from typing import ClassVar, Optional

        from hyperion.data.asset_schemas import FeatureModel
        from hyperion.dateutils import TimeResolution
        from hyperion.repository.asset_collection import FeatureFetchSpecifier

        class Weather(FeatureModel):
            asset_name: ClassVar = ASSET
            resolution: ClassVar = TimeResolution(1, "d")
            timestamp: datetime.datetime
            temperature: float
            humidity: Optional[float]
            station: int

        report = self.collection(Weather, FeatureFetchSpecifier)
        _, outcome = measure_once(lambda: asyncio.run(report.fetch_all()))
        rows = report.field
        total = sum(getattr(row, self.case["value"]) for row in rows)
        return {**outcome, "rows": len(rows), "sum": total, "rows_processed": len(rows)}

    def asset_frame(self):
        import polars
        from hyperion.data.asset_schemas import PolarsFeatureModel
        from hyperion.dateutils import TimeResolution
        from hyperion.repository.asset_collection import PolarsFeatureFetchSpecifier
        from pandera.engines.polars_engine import DateTime
        from pandera.polars import Field

        class Weather(PolarsFeatureModel):
            _asset_name = ASSET
            _resolution = TimeResolution(1, "d")
            timestamp: DateTime = Field(dtype_kwargs={"time_unit": "us", "time_zone": "UTC"})
            temperature: float
            humidity: float = Field(nullable=True)
            station: int

        def work():
            asyncio.run(report.fetch_all())
            return report.field if self.options.what == "ready" else report.field.collect()

        report = self.collection(Weather, PolarsFeatureFetchSpecifier)
        found, outcome = measure_once(work)
        if self.options.what == "ready":
            return {**outcome, "rows": self.case["partitions"]}
        return {**outcome, **self.fact(found.cast({self.case["value"]: polars.Float64}))}


PEERS = {"polars": Polars, "hyperion": Hyperion}


WORKS = {
    "asset-write": {},
    "asset-rows": {},
    "asset-plan": {"--start": {"choices": ["first", "unbounded", "year-1"], "default": "first"}},
    "asset-frame": {"--what": {"choices": ["ready", "collect", "sum"], "required": True}},
}


if __name__ == "__main__":
    main(__doc__, PEERS, WORKS)
