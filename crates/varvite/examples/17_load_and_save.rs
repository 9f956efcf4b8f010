//! An asset and a CSV file side by side through a flow: at once, saved as a CSV file, and in batches, saved as an asset.

use std::sync::Arc;

use varvite::arrow::datatypes::{DataType, Field, Schema};
use varvite::asset::chrono::{DateTime, TimeDelta, Utc};
use varvite::asset::{AssetWrite, Catalog, FetchOptions, Want};
use varvite::flow::Dataflow;
use varvite::pipeline::{CsvOptions, Job, Sink, Source};
use varvite::{FeatureModel, dataflow};

#[derive(FeatureModel, Debug)]
#[model(asset = "demand", resolution = "1d", time = at)]
struct Demand {
    at: DateTime<Utc>,
    megawatts: f64,
}

#[derive(FeatureModel, Debug)]
#[model(asset = "cost", resolution = "1d", time = at)]
struct Cost {
    at: DateTime<Utc>,
    cost: Option<f64>,
}

#[dataflow]
mod features {
    /// What an hour costs; nothing where there is no price.
    #[node]
    pub fn cost(megawatts: f64, price: f64) -> f64 {
        megawatts * price
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let (prices, costs) = (folder.path().join("prices.csv"), folder.path().join("costs.csv"));

    // Two days of hourly demand as an asset, and a price list that somebody else wrote. One price is not known.
    let catalog = Catalog::open(folder.path().join("lake"))?;
    let hour =
        |n: i32| Demand { at: DateTime::UNIX_EPOCH + TimeDelta::hours(n.into()), megawatts: 40.0 + f64::from(n % 24) };
    println!("{}\n", catalog.write(&(0..48).map(hour).collect::<Vec<_>>(), &AssetWrite::replace())?);
    let price = |n: i32| if n == 7 { ";h7\n".to_owned() } else { format!("{}.5;h{n}\n", 60 + n % 5) };
    std::fs::write(&prices, "price;note\n".to_owned() + &(0..48).map(price).collect::<String>())?;

    // The report says which types were found in the file.
    let flow = Dataflow::builder().with(features::module()).build()?;
    let csv = CsvOptions::default().with_delimiter(b';');
    let demand = Want::new("demand", Arc::new(Demand::schema().clone()));
    let job = Job::new(&flow)
        .load("demand", Source::asset(&catalog, demand, FetchOptions::default()))
        .load("prices", Source::csv(&prices, csv.clone()));
    println!("{}\n", job.clone().save(&["at", "note"], &["cost"], Sink::csv(&costs)).run()?);
    let saved = std::fs::read_to_string(&costs)?;
    println!("{}\n", saved.lines().skip(6).take(4).collect::<Vec<_>>().join("\n"));
    assert_eq!(saved.lines().nth(8), Some("1970-01-01T07:00:00Z,h7,"));

    // However many rows there are: batch by batch. A flow with values of the data set is given what was fitted.
    let sink = Sink::asset(&catalog, Arc::new(Cost::schema().clone()), AssetWrite::replace());
    println!("{}\n", job.save(&["at"], &["cost"], sink).run_in_batches(&flow.unfitted())?);
    let names: Vec<String> = catalog.assets()?.into_iter().map(|asset| asset.name).collect();
    println!("assets: {}\n", names.join(", "));

    // With declared types, a value of another type is found by its line and column, and what was saved stays.
    std::fs::write(&prices, "price;note\n60.5;h0\ncheap;h1\n")?;
    let declared = Arc::new(Schema::new(vec![Field::new("price", DataType::Float64, true)]));
    let job = Job::new(&flow).load("prices", Source::csv(&prices, csv.with_types(declared)));
    let Err(error) = job.save(&["price"], &[], Sink::csv(&costs)).run() else {
        return Err("it was to be refused".into());
    };
    println!("{} ({})", error.to_string().replace(&*folder.path().to_string_lossy(), ".."), error.code());
    assert_eq!(std::fs::read_to_string(&costs)?, saved);
    Ok(())
}
