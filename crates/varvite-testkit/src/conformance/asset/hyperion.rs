//! What another system answered, where ours has to answer the same to read what it wrote: labels, paths, listings.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use varvite_asset::{Catalog, HyperionAsset, HyperionDate, HyperionLayout, HyperionUnit, Interval, LakeWrite};
use varvite_time::Instant;

use super::expect::{check_list, instant};
use super::time::resolution;

/// The label of a timestamp, and whether it is the end of our interval.
pub(super) fn bucket(given: &Value, theirs: &Value, ours: &Value) -> Result<()> {
    let resolution = resolution(given)?;
    let converted = given["not_converted_first"] != true;
    let at = date(&given[if converted { "timestamp_utc" } else { "timestamp" }])?;
    let label = at.label(resolution);
    if !theirs["error"].is_null() {
        ensure!(label.is_none(), "Hyperion has no label, and ours is {label:?}");
        return Ok(());
    }
    let label = label.context("there is no label")?;
    ensure!(label == date(&theirs["ok"]["label"])?, "the label is {label}, expected {}", theirs["ok"]["label"]);
    if let Some(expected) = ours["label_is_end"].as_bool() {
        let end = resolution.interval_at(instant(&given["timestamp_utc"])?).end;
        ensure!((label.instant() == end) == expected, "label {label}, our end {end}, expected to agree: {expected}");
    }
    Ok(())
}

/// The start of a unit.
pub(super) fn truncate(given: &Value, theirs: &Value) -> Result<()> {
    let unit = HyperionUnit::of(format!("1{}", given["unit"].as_str().context("a unit")?).parse()?);
    let start = date(&given["timestamp"])?.truncate(unit).context("there is no start")?;
    ensure!(start == date(&theirs["ok"]["start"])?, "the start is {start}, expected {}", theirs["ok"]["start"]);
    Ok(())
}

/// The labels that are looked for in a range, and which of our plans has the same ends.
pub(super) fn plan(given: &Value, theirs: &Value, ours: &Value, plans: &[(&str, Vec<Interval>)]) -> Result<()> {
    let layout = HyperionLayout::default();
    let labels = layout.labels(resolution(given)?, date(&given["start"])?, date(&given["end"])?);
    if !theirs["error"].is_null() {
        ensure!(labels.is_err(), "Hyperion refuses the range");
        return Ok(());
    }
    let labels = labels?;
    check_list("Hyperion's labels", &labels, &theirs["ok"]["labels"], date)?;
    if let Some(probes) = theirs["ok"]["probes"].as_u64() {
        ensure!(labels.len() as u64 == probes, "{} labels, expected {probes} probes", labels.len());
    }
    if !ours["error"].is_null() {
        return Ok(());
    }
    let labels: Vec<Instant> = labels.iter().map(HyperionDate::instant).collect();
    let same = plans.iter().filter(|(_, plan)| plan.iter().map(|interval| interval.end).eq(labels.iter().copied()));
    let same: Vec<&str> = same.map(|(name, _)| *name).collect();
    check_list("plans with Hyperion's labels", &same, &ours["hyperion_equals"], |name| {
        let name = name.as_str().context("a name")?;
        plans.iter().map(|(known, _)| *known).find(|known| *known == name).context("an unknown plan")
    })
}

/// The path of an asset and its metadata, and the asset of the path.
pub(super) fn path(given: &Value, theirs: &Value, ours: &Value) -> Result<()> {
    let asset = asset(given)?;
    let layout = HyperionLayout::below(given["prefix"].as_str().unwrap_or_default());
    let path = layout.path(&asset);
    let theirs = &theirs["ok"];
    ensure!(theirs["path"] == *path, "the path is `{path}`, expected {}", theirs["path"]);
    let metadata = serde_json::to_value(asset.metadata())?;
    if !theirs["metadata"].is_null() {
        let (found, expected) = (with_keys(&metadata)?, with_keys(&theirs["metadata"])?);
        ensure!(found == expected, "the metadata are {found}, expected {expected}");
    }
    let back = layout.parse(&path).map(|back| layout.path(&back));
    if ours["error"].is_null() {
        ensure!(back.as_ref() == Some(&path), "the path is read as `{back:?}`");
    } else {
        // What is refused is what a path cannot say.
        ensure!(layout.parse(&path).as_ref() != Some(&asset), "the path says which asset it is, and was to be refused");
    }
    Ok(())
}

/// Metadata with the partition keys read: a case does not say in which order they were given.
fn with_keys(metadata: &Value) -> Result<Value> {
    let mut metadata = metadata.clone();
    if let Some(keys) = metadata["partition_keys"].as_str() {
        metadata["partition_keys"] = serde_json::from_str(keys)?;
    }
    Ok(metadata)
}

/// Files listed by a part of their dates, and the newest one: by the layout, and when they are files of ours.
pub(super) fn datalake(given: &Value, ours: &Value) -> Result<()> {
    let stored: Vec<&str> = given["stored"].as_array().context("paths")?.iter().filter_map(Value::as_str).collect();
    let name = given["name"].as_str().or_else(|| stored.first()?.split('/').next()).unwrap_or("a");
    let part = given["date_part"].as_str();
    let layout = HyperionLayout::default();
    let latest = layout.latest_data_lake(stored.iter().copied(), name, part);
    if !ours["error"].is_null() {
        ensure!(latest.is_none(), "the newest file is {latest:?}, expected {}", ours["error"]);
        return Ok(());
    }
    let is_one = ours["ok"].is_null() || ours["ok"][0].is_string();
    let file = |file: &Value| -> Result<(HyperionDate, u32)> {
        Ok((date(&file[0])?, u32::try_from(file[1].as_u64().context("a version")?)?))
    };
    if is_one {
        let expected = (!ours["ok"].is_null()).then(|| file(&ours["ok"])).transpose()?;
        ensure!(latest == expected, "the newest file is {latest:?}, expected {}", ours["ok"]);
        return Ok(());
    }
    let found = layout.data_lake(stored.iter().copied(), name, part);
    check_list("files", &found, &ours["ok"], file)?;
    let as_instants = |found: &[(HyperionDate, u32)]| -> Vec<(Instant, u32)> {
        found.iter().map(|(date, version)| (date.instant(), *version)).collect()
    };
    let kept = own_lake(&layout, &stored, name, part)?;
    let mut expected = as_instants(&found);
    expected.sort_unstable();
    ensure!(kept == expected, "as files of ours they are {kept:?}, expected {expected:?}");
    Ok(())
}

/// The same files in a catalog of ours, listed in the same way.
fn own_lake(layout: &HyperionLayout, stored: &[&str], name: &str, part: Option<&str>) -> Result<Vec<(Instant, u32)>> {
    let catalog = Catalog::in_memory();
    let mut versions = std::collections::BTreeSet::new();
    for path in stored {
        let Some(HyperionAsset::DataLake { name, date, version }) = layout.parse(path) else { continue };
        let _ = catalog.put(&LakeWrite::new(name, date.instant(), "avro").with_version(version), path.to_string())?;
        versions.insert(version);
    }
    let mut found = Vec::new();
    for version in versions {
        let entries = catalog.lake_files(name, version, part.unwrap_or_default())?;
        found.extend(entries.iter().map(|entry| (entry.date, version)));
    }
    found.sort_unstable();
    Ok(found)
}

fn asset(given: &Value) -> Result<HyperionAsset> {
    let name = given["name"].as_str().context("a name")?.to_owned();
    let version = u32::try_from(given["schema_version"].as_u64().unwrap_or(1))?;
    let pairs = given["partition_keys"].as_object().into_iter().flatten();
    let keys = pairs.map(|(key, value)| Ok((key.clone(), value.as_str().context("a key's value")?.to_owned())));
    Ok(match given["kind"].as_str().context("a kind")? {
        "feature" => HyperionAsset::Feature {
            name,
            resolution: resolution(given)?,
            date: date(&given["partition_date"])?,
            keys: keys.collect::<Result<_>>()?,
            version,
        },
        "data_lake" | "datalake" => HyperionAsset::DataLake { name, date: date(&given["date"])?, version },
        _ => HyperionAsset::PersistentStore { name, version },
    })
}

fn date(value: &Value) -> Result<HyperionDate> {
    let text = value.as_str().with_context(|| format!("{value} is no timestamp"))?;
    Ok(text.parse()?)
}
