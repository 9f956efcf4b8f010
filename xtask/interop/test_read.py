"""Tests of `read.py` on folders made by pyarrow."""

import contextlib
import io
import json
import tempfile
import unittest
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import read

START = datetime(2025, 1, 1, tzinfo=timezone.utc)


def table(first, rows, offset=0.0):
    """Rows of all kinds, from the hour `first` on."""
    hours = range(first, first + rows)
    return pa.table(
        {
            "ts": pa.array([START + timedelta(hours=hour) for hour in hours], pa.timestamp("us", "UTC")),
            "x": pa.array([None if hour % 5 == 1 else float("nan") if hour % 5 == 2 else hour + offset for hour in hours]),
            "n": pa.array(list(hours), pa.int16()),
            "s": pa.array([f"é{hour}" for hour in hours], pa.large_string()),
            "c": pa.array([f"c{hour % 2}" for hour in hours]).dictionary_encode(),
            "d": pa.array([Decimal(hour).scaleb(-2) for hour in hours], pa.decimal128(20, 2)),
            "b": pa.array([hour % 2 == 0 for hour in hours]),
            "l": pa.array([[float(hour), None] for hour in hours]),
            "v": pa.array([{"k": hour} for hour in hours]),
            "ns": pa.array([hour * 3_600_000_000_001 for hour in hours], pa.timestamp("ns", "UTC")),
        }
    )


class Folder(unittest.TestCase):
    """A folder that goes with the test."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)

    def dataset(self, name, tables, ordered_on=("ts",)):
        data, meta = self.root / name, self.root / f"{name}_opdmd"
        data.mkdir(parents=True)
        meta.mkdir()
        settings = {"ordered_on": list(ordered_on)}
        for version, recorded in enumerate([settings, None]):
            line = json.dumps({"version": version, "settings": recorded})
            (meta / f"{version:020}.json").write_text(f"{line}\nhash\n")
        for image, rows in enumerate(tables):
            pq.write_table(rows, data / f"file_{image:016x}8-00000000-{image:016x}.parquet")
        return data

    def run_main(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = read.main([str(argument) for argument in arguments])
        return code, out.getvalue()

    def fake_varvite(self, rows):
        """A program that answers `dataset scan PATH -o FILE` with these rows."""
        pq.write_table(rows, self.root / "answer")
        program = self.root / "varvite"
        program.write_text(f'#!/bin/sh\ntest "$1 $2 $4" = "dataset scan -o" && cp "{self.root / "answer"}" "$5"\n')
        program.chmod(0o755)
        return program


class Main(Folder):
    def test_datasets_at_any_depth_agree(self):
        self.dataset("a", [table(0, 30), table(30, 20)])
        self.dataset("deep/er/b", [table(0, 7)])
        code, text = self.run_main(self.root)
        self.assertEqual((code, text.splitlines()[-1]), (0, "2 datasets agree, 0 do not"), text)
        self.assertIn("50 rows", text)

    def test_one_dataset_alone_is_read(self):
        code, text = self.run_main(self.dataset("a", [table(0, 3)]))
        self.assertEqual((code, text.splitlines()[-1]), (0, "1 datasets agree, 0 do not"), text)

    def test_files_out_of_order_are_found(self):
        self.dataset("a", [table(20, 10), table(0, 10)])
        code, text = self.run_main(self.root)
        self.assertEqual(code, 1)
        for reader in ["pyarrow", "duckdb", "polars"]:
            self.assertIn(f"{reader}: ts descends or is null at row 10", text)

    def test_hidden_files_are_left_out(self):
        data = self.dataset("a", [table(0, 10)])
        (data / ".tmp-file.parquet").write_bytes(b"half")
        self.assertEqual(self.run_main(self.root)[0], 0)

    def test_our_own_output_is_compared(self):
        self.dataset("a", [table(0, 10), table(10, 10)])
        code, text = self.run_main(self.root, "--varvite", self.fake_varvite(table(0, 20)))
        self.assertEqual(code, 0, text)
        code, text = self.run_main(self.root, "--varvite", self.fake_varvite(table(0, 20, offset=0.5)))
        self.assertEqual(code, 1)
        self.assertIn("varvite: column x: row 0 is 0.5 instead of 0.0", text)
        code, text = self.run_main(self.root, "--varvite", self.fake_varvite(table(0, 19)))
        self.assertIn("varvite: 19 rows instead of 20", text)

    def test_an_empty_dataset_has_no_rows(self):
        self.dataset("a", [])
        self.assertEqual(self.run_main(self.root)[0], 0)
        self.assertEqual(self.run_main(self.root, "--varvite", self.fake_varvite(table(0, 1)))[0], 1)

    def test_a_folder_without_datasets_is_an_error(self):
        code, text = self.run_main(self.root)
        self.assertEqual(code, 1)
        self.assertIn("no dataset below", text)

    def test_help_is_printed(self):
        with self.assertRaises(SystemExit) as ended, contextlib.redirect_stdout(io.StringIO()):
            read.main(["--help"])
        self.assertEqual(ended.exception.code, 0)


class Parts(Folder):
    def test_rows_may_be_ordered_inside_a_struct(self):
        data = self.dataset("a", [table(0, 5), table(5, 5)], ordered_on=("v", "k"))
        self.assertEqual(read.check_dataset(data, None), (10, []))

    def test_the_newest_settings_count(self):
        data = self.dataset("a", [])
        line = json.dumps({"version": 2, "settings": {"ordered_on": ["other"]}})
        (self.root / "a_opdmd" / f"{2:020}.json").write_text(f"{line}\nhash\n")
        self.assertEqual(read.read_settings(data), {"ordered_on": ["other"]})

    def test_nulls_and_nan_are_not_the_same(self):
        values = [pa.chunked_array([pa.array([1.0, None])]), pa.chunked_array([pa.array([1.0, float("nan")])])]
        self.assertEqual(read.compare_columns(*values), "row 1 is nan instead of None")
        self.assertIsNone(read.compare_columns(values[1], values[1]))

    def test_a_type_that_loses_something_is_found(self):
        expected, found = pa.chunked_array([pa.array([1])]), pa.chunked_array([pa.array([1.5])])
        self.assertIn("double cannot be compared with int64", read.compare_columns(expected, found))


if __name__ == "__main__":
    unittest.main()
