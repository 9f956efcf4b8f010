"""Tests of `states.py` on folders made by pyarrow."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import states


def rows(*values, type_=pa.int64()):
    return pa.table({"t": pa.array(values, type_)})


class Main(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)

    def state(self, expected, files):
        state = self.root / "00000"
        (state / "data").mkdir(parents=True)
        for number, table in enumerate(files):
            pq.write_table(table, state / "data" / f"file_{number}.parquet")
        with pa.ipc.new_file(state / "expected.arrow", expected.schema) as writer:
            writer.write_table(expected)
        (state / "about.txt").write_text("made by hand\n")

    def run_all(self):
        """The exit codes and what is printed, by all readers."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            codes = {states.main([reader, str(self.root)]) for reader in states.READERS}
        return codes, out.getvalue()

    def test_what_is_expected_agrees(self):
        self.state(rows(1, 2, 3), [rows(1, 2), rows(3)])
        codes, text = self.run_all()
        self.assertEqual(codes, {0}, text)
        self.assertEqual(text.count("1 of 1 states agree (2 files, 3 rows)"), 3, text)

    def test_other_rows_are_found(self):
        self.state(rows(1, 2, 3), [rows(1, 2), rows(4)])
        codes, text = self.run_all()
        self.assertEqual((codes, text.count("column t: row 2 is 4 instead of 3")), ({1}, 3), text)

    def test_rows_in_another_order_are_found(self):
        self.state(rows(1, 2, 3), [rows(3), rows(1, 2)])
        self.assertEqual(self.run_all()[0], {1})

    def test_rows_twice_are_found(self):
        self.state(rows(1, 2), [rows(1, 2), rows(1, 2)])
        codes, text = self.run_all()
        self.assertEqual((codes, text.count("4 rows instead of 2")), ({1}, 3), text)

    def test_another_type_is_found(self):
        self.state(rows(1, 2), [rows(1, 2, type_=pa.int16())])
        codes, text = self.run_all()
        self.assertEqual((codes, text.count("it is int16 instead of int64")), ({1}, 3), text)

    def test_a_file_that_cannot_be_read_is_found(self):
        self.state(rows(1), [rows(1)])
        (self.root / "00000" / "data" / "file_1.parquet").write_bytes(b"PAR1")
        self.assertEqual(self.run_all()[0], {1})

    def test_rows_without_files_are_found(self):
        self.state(rows(1), [])
        self.assertEqual(self.run_all()[0], {1})

    def test_no_rows_need_no_files(self):
        self.state(rows(), [])
        self.assertEqual(self.run_all()[0], {0})

    def test_no_states_are_an_error(self):
        self.assertEqual(self.run_all()[0], {1})


class Types(unittest.TestCase):
    def test_names_of_items_do_not_matter(self):
        left, right = pa.list_(pa.field("item", pa.int32())), pa.list_(pa.field("l", pa.int32()))
        self.assertTrue(states.same_type(left, right))
        self.assertFalse(states.same_type(left, pa.list_(pa.int64())))

    def test_names_in_structs_do(self):
        self.assertFalse(states.same_type(pa.struct([("a", pa.int32())]), pa.struct([("b", pa.int32())])))

    def test_types_inside_others_are_the_readers(self):
        inside = pa.struct([("a", pa.list_(pa.string()))])
        self.assertEqual(states.polars_type(inside), pa.struct([("a", pa.large_list(pa.large_string()))]))


if __name__ == "__main__":
    unittest.main()
