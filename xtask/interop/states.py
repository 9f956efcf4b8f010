"""Reads data folders in many states with one reader, and compares what it sees with what each must hold.

Below the root stands a folder a state: `data/` with a dataset's files, and `expected.arrow`, the rows of a model that our
engine has no part in. The files are taken in the order of their names, without any look at our metadata. Rows, their
order, and the types of columns must be the expected ones, as far as the reader knows such types.
"""

import argparse
import sys
from pathlib import Path

import pyarrow as pa

from read import compare_columns, data_files


def with_pyarrow(files, _expected):
    import pyarrow.parquet as pq

    tables = [pq.ParquetFile(path).read() for path in files]
    return pa.concat_tables(tables, promote_options="permissive")


def with_duckdb(files, _expected):
    import duckdb

    connection = duckdb.connect()
    names = [str(path) for path in files]
    return connection.from_parquet(names, hive_partitioning=False, union_by_name=True).to_arrow_table()


def with_polars(files, expected):
    import polars

    known = [field.name for field in expected if polars_type(field.type) is not None]

    def read(path):
        stored = polars.read_parquet_schema(path) if len(known) == len(expected) else known
        return polars.read_parquet(path, columns=[name for name in known if name in stored], hive_partitioning=False)

    return polars.concat([read(path) for path in files], how="diagonal_relaxed").to_arrow()


def pyarrow_type(type_):
    # Parquet has no type for days or seconds in 64 bits.
    if type_ in (pa.date64(), pa.timestamp("s")):
        return pa.int64()
    return type_


def duckdb_type(type_):
    if pa.types.is_decimal(type_):
        return pa.float64() if type_.precision > 38 else pa.decimal128(type_.precision, type_.scale)
    if pa.types.is_timestamp(type_) and type_ != pa.timestamp("s"):
        return pa.timestamp("us" if type_.unit == "ms" else type_.unit, type_.tz)
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_) or pa.types.is_dictionary(type_):
        return pa.string()
    if pa.types.is_large_binary(type_) or pa.types.is_fixed_size_binary(type_):
        return pa.binary()
    if pa.types.is_float16(type_):
        return pa.float32()
    if pa.types.is_fixed_size_list(type_):
        return pa.list_(duckdb_type(type_.value_type))
    return nested(duckdb_type, pyarrow_type(type_))


def polars_type(type_):
    """`None`: it cannot be read."""
    if pa.types.is_decimal(type_):
        return None if type_.precision > 38 else pa.decimal128(type_.precision, type_.scale)
    if type_ in (pa.date64(), pa.timestamp("s")):
        return pa.timestamp("ms")
    if pa.types.is_string(type_) or pa.types.is_string_view(type_):
        return pa.large_string()
    if pa.types.is_dictionary(type_):
        return pa.dictionary(pa.uint32(), pa.large_string())
    if pa.types.is_fixed_size_binary(type_):
        return pa.large_binary()
    if pa.types.is_list(type_):
        return pa.large_list(polars_type(type_.value_type))
    return nested(polars_type, type_)


def nested(of, type_):
    """The type with those inside it as a reader gives them."""
    if pa.types.is_list(type_):
        return pa.list_(of(type_.value_type))
    if pa.types.is_map(type_):
        return pa.map_(of(type_.key_type), of(type_.item_type))
    if pa.types.is_struct(type_):
        return pa.struct([(field.name, of(field.type)) for field in type_])
    return type_


def same_type(left, right):
    """Whether two types are the same, whatever they call the items of lists and maps."""
    if left.id != right.id or left.num_fields != right.num_fields:
        return False
    if pa.types.is_timestamp(left):  # DuckDB shows the zone of its session
        return (left.unit, left.tz is None) == (right.unit, right.tz is None)
    if not left.num_fields:
        return left == right
    fields = list(zip(map(left.field, range(left.num_fields)), map(right.field, range(right.num_fields))))
    named = not pa.types.is_struct(left) or all(a.name == b.name for a, b in fields)
    return named and all(same_type(a.type, b.type) for a, b in fields)


READERS = {
    "pyarrow": (with_pyarrow, pyarrow_type),
    "duckdb": (with_duckdb, duckdb_type),
    "polars": (with_polars, polars_type),
}


def check(reader, files, expected):
    """What is wrong with what the reader sees; `None` if nothing is."""
    if not files:
        return f"no file, but {expected.num_rows} rows" if expected.num_rows else None
    read, type_of = READERS[reader]
    found = read(files, expected.schema)
    names = [field.name for field in expected.schema if type_of(field.type) is not None]
    if found.num_rows != expected.num_rows:
        return f"{found.num_rows} rows instead of {expected.num_rows}"
    # A folder of files from before a change of columns lacks those that came later.
    wanted = [name for name in names if name in found.column_names or expected.column(name).null_count < expected.num_rows]
    if found.column_names != wanted:
        return f"columns {found.column_names} instead of {wanted}"
    for name in wanted:
        problem = check_column(type_of, expected.column(name), found.column(name))
        if problem:
            return f"column {name}: {problem}"
    return None


def check_column(type_of, expected, found):
    wanted = type_of(expected.type)
    # Files from before a column was widened may be all there are.
    narrow = expected.type == pa.int64() and found.type == pa.int32()
    if not same_type(found.type, wanted) and not narrow:
        return f"it is {found.type} instead of {wanted}"
    return compare_columns(expected, found)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("root", type=Path, help="a folder with a folder a state")
    options = parser.parse_args(arguments)
    states = sorted(path.parent for path in options.root.glob("*/expected.arrow"))
    failed, num_files, num_rows = 0, 0, 0
    for state in states:
        expected = pa.ipc.open_file(state / "expected.arrow").read_all()
        files = data_files(state / "data")
        try:
            problem = check(options.reader, files, expected)
        except Exception as error:  # whatever a reader raises is about this state
            problem = f"{type(error).__name__}: {error}"
        if problem:
            failed += 1
            print(f"FAILED {state}: {problem}\n       {(state / 'about.txt').read_text().strip()}")
        num_files, num_rows = num_files + len(files), num_rows + expected.num_rows
    agree = f"{len(states) - failed} of {len(states)} states agree"
    print(f"{options.reader:<8} {agree} ({num_files} files, {num_rows} rows)")
    return 1 if failed or not states else 0


if __name__ == "__main__":
    sys.exit(main())
