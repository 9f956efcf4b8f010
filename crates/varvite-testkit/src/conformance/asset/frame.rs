//! Lazy frames: the columns of the model, or what is said where the files lack one. Polars is needed for them.

use super::Stop;

/// Without Polars there are no frames.
#[cfg(not(feature = "polars"))]
pub(super) fn frame(_: &serde_json::Value, _: &serde_json::Value) -> Result<(), Stop> {
    Err(Stop::Skip("frames need the feature `polars`, with which `cargo xtask polars` runs them".to_owned()))
}

#[cfg(feature = "polars")]
pub(super) use with_polars::frame;

#[cfg(feature = "polars")]
mod with_polars {
    use std::sync::Arc;

    use anyhow::{Context, Result, ensure};
    use arrow::array::{ArrayRef, Float64Array, RecordBatch, TimestampMicrosecondArray};
    use serde_json::Value;
    use varvite_asset::chrono::{DateTime, Utc};
    use varvite_asset::{
        AssetWrite, Catalog, Collection, Column, FeatureModel, Fetch, FetchOptions, Frame, ModelSchema, Slot, Span,
    };

    use super::super::catalog::schema;
    use super::super::expect::check_error;
    use super::Stop;

    /// As most cases have it.
    #[derive(FeatureModel, Debug, Clone)]
    #[model(asset = "weather", resolution = "1d", time = timestamp)]
    struct Plain {
        timestamp: DateTime<Utc>,
        value: f64,
    }

    /// With a column more.
    #[derive(FeatureModel, Debug, Clone)]
    #[model(asset = "weather", resolution = "1d", time = timestamp)]
    struct Extra {
        timestamp: DateTime<Utc>,
        value: f64,
        extra: f64,
    }

    /// With a column more, which may be absent.
    #[derive(FeatureModel, Debug, Clone)]
    #[model(asset = "weather", resolution = "1d", time = timestamp)]
    struct Filled {
        timestamp: DateTime<Utc>,
        value: f64,
        #[model(default)]
        extra: Option<f64>,
    }

    pub(in super::super) fn frame(given: &Value, ours: &Value) -> Result<(), Stop> {
        let names = |list: &Value| -> Option<Vec<String>> {
            list.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
        };
        let (Some(model), Some(file)) = (names(&given["model"]), names(&given["file"])) else {
            return Err(Stop::Skip("it does not say which columns model and file have".to_owned()));
        };
        let has = |names: &[String], column: &str| names.iter().any(|name| name == column);
        let known =
            |names: &[String]| names.iter().all(|name| ["timestamp", "value", "extra"].contains(&name.as_str()));
        if !known(&model) || !known(&file) || !has(&file, "timestamp") || !has(&file, "value") {
            return Err(Stop::Skip("only models of `value` and `extra` are compiled".to_owned()));
        }
        let catalog = written(has(&file, "extra"))?;
        let columns = match has(&model, "extra") {
            true => fetched::<Extra>(&catalog),
            false => fetched::<Plain>(&catalog),
        };
        if has(&model, "extra") {
            // Where the field says what a row has without it, it is filled.
            let (columns, nulls) = fetched::<Filled>(&catalog)?;
            ensure_filled(&columns, nulls, has(&file, "extra"))?;
        }
        if !ours["error"].is_null() {
            return Ok(check_error(columns, &ours["error"])?);
        }
        let (columns, _) = columns?;
        let expected = names(&ours["columns"]).or_else(|| names(&ours["ok"])).unwrap_or(model);
        let missing: Vec<&String> = expected.iter().filter(|name| !columns.contains(name)).collect();
        if missing.is_empty() { Ok(()) } else { Err(anyhow::anyhow!("{columns:?} lack {missing:?}").into()) }
    }

    fn ensure_filled(columns: &[String], nulls: usize, is_stored: bool) -> Result<()> {
        ensure!(columns == ["timestamp", "value", "extra"], "columns are {columns:?}");
        ensure!(nulls == if is_stored { 0 } else { 2 }, "{nulls} values are null, in two rows");
        Ok(())
    }

    /// Two rows, with a column `extra` or without.
    fn written(has_extra: bool) -> Result<Catalog> {
        let mut model: ModelSchema = schema("1d".parse()?, 1);
        let times = TimestampMicrosecondArray::from(vec![0, 1]).with_timezone("UTC");
        let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
        let mut columns: Vec<ArrayRef> = vec![Arc::new(times), Arc::clone(&values)];
        if has_extra {
            let data_type = model.columns.last().context("a column")?.data_type.clone();
            model.columns.push(Column::new("extra", data_type, false));
            columns.push(values);
        }
        let catalog = Catalog::in_memory();
        let batch = RecordBatch::try_new(model.arrow(), columns)?;
        let _ = catalog.write_batches(&model, &[batch], &AssetWrite::replace())?;
        Ok(catalog)
    }

    /// The columns of a frame, and how many of its values are null.
    fn fetched<M: FeatureModel>(catalog: &Catalog) -> varvite_asset::Result<(Vec<String>, usize)>
    where
        Frame<M>: Slot,
    {
        let mut collection = Collection::new();
        let handle = collection.add::<Frame<M>>("frame", Fetch::from(Span::all()))?;
        let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default())?;
        let rows = got[handle].collect()?;
        let names: Vec<String> = rows.get_column_names().iter().map(ToString::to_string).collect();
        let nulls = names.iter().filter_map(|name| rows.column(name).ok()).map(|column| column.null_count()).sum();
        Ok((names, nulls))
    }
}
