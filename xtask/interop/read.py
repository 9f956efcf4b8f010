"""Reads datasets as other tools do, and compares what they see.

A dataset is a folder beside a `<name>_opdmd` folder. Its `*.parquet` files are taken in the order of their names, without
any look at our metadata, and read by pyarrow, DuckDB and Polars. All three must see the same rows, in order of the ordered
column, and so must the command line (`varvite dataset scan PATH -o FILE.parquet`).
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import polars
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SUFFIX = "_opdmd"


def find_datasets(root):
    """Every dataset below `root`, or `root` itself, in order of paths."""
    beside = [*root.rglob(f"*{SUFFIX}"), root.with_name(root.name + SUFFIX)]
    folders = {path.with_name(path.name.removesuffix(SUFFIX)) for path in beside if path.is_dir()}
    return sorted(folder for folder in folders if folder.is_dir())


def data_files(folder):
    """The files of a dataset in the order of their names. Hidden ones are not complete."""
    return sorted(path for path in folder.glob("*.parquet") if not path.name.startswith("."))


def read_settings(folder):
    """The settings in the newest record that has any."""
    records = folder.with_name(folder.name + SUFFIX).glob("[0-9]*.json")
    for record in sorted(records, reverse=True):
        with record.open(encoding="utf-8") as lines:
            settings = json.loads(lines.readline()).get("settings")
        if settings:
            return settings
    raise ValueError(f"no record of {folder} has settings")


def with_pyarrow(files):
    return pa.concat_tables([pq.ParquetFile(path).read() for path in files])


def with_duckdb(files):
    names = [str(path) for path in files]
    return duckdb.connect().from_parquet(names, hive_partitioning=False).to_arrow_table()


def with_polars(files):
    return polars.scan_parquet(list(files), hive_partitioning=False).collect().to_arrow()


def with_varvite(program, folder):
    """What our command line reads."""
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / "scan.parquet"
        command = [str(program), "dataset", "scan", str(folder), "-o", str(out)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return pq.ParquetFile(out).read() if out.exists() else None


def column_at(table, path):
    """The column at `path`, which may lie inside structs."""
    column = table.column(path[0])
    for name in path[1:]:
        column = pc.struct_field(column, name)
    return column


def first_descent(column):
    """The first row that is smaller than the row before it or null; `None` if there is none."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if whole.null_count:
        return pc.index(whole.is_null(), True).as_py()
    if len(whole) < 2:
        return None
    row = pc.index(pc.less(whole[1:], whole[:-1]), True).as_py()
    return None if row < 0 else row + 1


def as_type(column, wanted):
    """`column` in the type that another reader gave it, without loss.

    Timestamps are the exception: DuckDB keeps zoned ones in microseconds, so both sides are taken in the coarser unit.
    """
    if column.type == wanted:
        return column
    if pa.types.is_timestamp(wanted) and pa.types.is_timestamp(column.type):
        return column.cast(wanted, safe=False)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(wanted)


def common_type(left, right):
    if pa.types.is_dictionary(left):
        left = left.value_type
    if pa.types.is_timestamp(left) and pa.types.is_timestamp(right):
        units = ["s", "ms", "us", "ns"]
        return pa.timestamp(min(left.unit, right.unit, key=units.index), left.tz)
    return left


def differing_rows(left, right):
    """A mask of the rows in which two columns of equal type and length differ; NaN equals NaN."""
    left, right = left.combine_chunks(), right.combine_chunks()
    if left.equals(right):
        return None
    if pa.types.is_nested(left.type):
        return pa.array([repr(a) != repr(b) for a, b in zip(left.to_pylist(), right.to_pylist())])
    differ = pc.fill_null(pc.not_equal(left, right), False)
    if pa.types.is_floating(left.type):
        differ = pc.and_not(differ, pc.fill_null(pc.and_(pc.is_nan(left), pc.is_nan(right)), False))
    return pc.or_(differ, pc.xor(left.is_null(), right.is_null()))


def compare_tables(expected, found):
    """What differs between two tables, in words; `None` if nothing does."""
    if expected.num_rows != found.num_rows:
        return f"{found.num_rows} rows instead of {expected.num_rows}"
    if expected.column_names != found.column_names:
        return f"columns {found.column_names} instead of {expected.column_names}"
    for name in expected.column_names:
        problem = compare_columns(expected.column(name), found.column(name))
        if problem:
            return f"column {name}: {problem}"
    return None


def compare_columns(expected, found):
    wanted = common_type(expected.type, found.type)
    try:
        left, right = as_type(expected, wanted), as_type(found, wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        return f"{found.type} cannot be compared with {expected.type}: {error}"
    differ = differing_rows(left, right)
    row = -1 if differ is None else pc.index(differ, True).as_py()
    if row < 0:
        return None
    return f"row {row} is {right[row].as_py()!r} instead of {left[row].as_py()!r}"


def check_readings(readings, ordered_on):
    """What is wrong with the tables that readers gave, by reader. The first reader is what others are compared with."""
    expected = next(iter(readings.values()))
    problems = []
    for reader, table in readings.items():
        descent = first_descent(column_at(table, ordered_on))
        if descent is not None:
            problems.append(f"{reader}: {'.'.join(ordered_on)} descends or is null at row {descent}")
        difference = compare_tables(expected, table)
        if difference:
            problems.append(f"{reader}: {difference}")
    return problems


def check_dataset(folder, program):
    """The number of rows of a dataset, and what is wrong with it."""
    ordered_on = read_settings(folder)["ordered_on"]
    files = data_files(folder)
    scanned = with_varvite(program, folder) if program else None
    if not files:
        rows = scanned.num_rows if scanned else 0
        return 0, [f"varvite: {rows} rows, but there is no file"] if rows else []
    readings = {"pyarrow": with_pyarrow(files), "duckdb": with_duckdb(files), "polars": with_polars(files)}
    if program:
        if scanned is None:
            return 0, ["varvite: scan wrote no file"]
        readings["varvite"] = scanned
    return readings["pyarrow"].num_rows, check_readings(readings, ordered_on)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path, help="a dataset, or a folder with datasets at any depth")
    parser.add_argument("--varvite", type=Path, metavar="PROGRAM", help="our command line; without it, others alone are compared")
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    folders = find_datasets(root)
    if not folders:
        print(f"error: no dataset below {root}", file=sys.stderr)
        return 1
    failed = 0
    for folder in folders:
        rows, problems = check_dataset(folder, options.varvite)
        failed += bool(problems)
        print(f"{'FAILED' if problems else 'ok':<6} {rows:>10} rows  {folder.relative_to(root.parent)}")
        for problem in problems:
            print(f"       {problem}")
    print(f"{len(folders) - failed} datasets agree, {failed} do not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
