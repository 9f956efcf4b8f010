//! `served`: values of one entity over HTTP on loopback, by connections that are kept. Server and clients share the cores.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant as Clock};

use anyhow::{Context, Result, anyhow, ensure};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use varvite_feature::online::MaterializeOptions;
use varvite_feature::{FeatureStore, WriteMode};
use varvite_serve::Server;

use super::online::{now, read};
use crate::Measured;
use crate::feature_case::{FEATURES, KEY, asked_file, group, load_file};
use crate::measure::Meter;
use crate::outcome::Outcome;
use crate::place::Place;

#[derive(clap::Args)]
pub(crate) struct Served {
    /// Requests in all.
    #[arg(long)]
    requests: usize,
    /// Connections that are kept.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Requests a second, sent when they are due; without it each follows the answer before it.
    #[arg(long)]
    rate: Option<u32>,
}

impl Measured for Served {
    fn prepare(&self, _: &Place) -> Result<()> {
        Ok(())
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let store = FeatureStore::open(&place.scratch)?;
        let group = group()?;
        store.register(&group)?;
        let _ = store.write(group.name(), &[read(&load_file(&place.case, 0))?], WriteMode::Append)?;
        let until = MaterializeOptions::up_to(now());
        store.materialize(&store.online()?, group.name(), &until)?;
        let asked = read(&asked_file(&place.case))?;
        let keys = asked.column(0).as_primitive::<Int64Type>().values().to_vec();
        let requests: Vec<Vec<u8>> = keys.iter().take(self.requests).map(|key| request(group.name(), *key)).collect();
        let address = start(store)?;
        self.ask(address, &requests[..requests.len().min(2_000)], None)?;
        let meter = Meter::start();
        let latencies = self.ask(address, &requests, self.rate)?;
        let (seconds, cost) = meter.stop();
        let answered = latencies.len() as u64;
        let seconds = if self.rate.is_some() { latencies } else { vec![seconds] };
        Ok(Outcome { seconds, cost, rows: answered, rows_processed: Some(answered), ..Outcome::default() })
    }
}

impl Served {
    /// Sends the requests, connection by connection in turn, and tells how long after it was due each was answered.
    fn ask(&self, address: SocketAddr, requests: &[Vec<u8>], rate: Option<u32>) -> Result<Vec<f64>> {
        let start = Clock::now();
        let of_connection = |first: usize| -> Result<Vec<f64>> {
            let mut connection = TcpStream::connect(address)?;
            connection.set_nodelay(true)?;
            let mut seconds = Vec::with_capacity(requests.len() / self.connections + 1);
            for at in (first..requests.len()).step_by(self.connections) {
                let due = rate.map(|rate| start + Duration::from_secs(at as u64) / rate);
                if let Some(wait) = due.and_then(|due| due.checked_duration_since(Clock::now())) {
                    std::thread::sleep(wait);
                }
                let from = due.unwrap_or_else(Clock::now);
                exchange(&mut connection, &requests[at])?;
                seconds.push(from.elapsed().as_secs_f64());
            }
            Ok(seconds)
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..self.connections).map(|first| scope.spawn(move || of_connection(first))).collect();
            let mut all = Vec::with_capacity(requests.len());
            for thread in threads {
                all.extend(thread.join().map_err(|_| anyhow!("a client panicked"))??);
            }
            Ok(all)
        })
    }
}

/// A server on a free port of loopback, for as long as the process lives.
fn start(store: FeatureStore) -> Result<SocketAddr> {
    let server = Server::new(store)?;
    let (said, listening) = mpsc::channel();
    let failed = said.clone();
    std::thread::spawn(move || {
        let ended = server.run(SocketAddr::from(([127, 0, 0, 1], 0)), |address| drop(said.send(Ok(address))));
        if let Err(error) = ended {
            drop(failed.send(Err(error)));
        }
    });
    Ok(listening.recv().context("the server said nothing")??)
}

fn request(group: &str, key: i64) -> Vec<u8> {
    let features: Vec<String> = FEATURES.iter().map(|feature| format!("{group}.{feature}")).collect();
    let query = format!("features={}&{KEY}={key}&now={}", features.join(","), now());
    format!("GET /features/online?{query} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes()
}

/// One request and its whole answer.
fn exchange(connection: &mut TcpStream, request: &[u8]) -> Result<()> {
    const LENGTH: &str = "content-length: ";
    connection.write_all(request)?;
    let mut answer = [0; 4096];
    let mut read = 0;
    loop {
        let more = connection.read(&mut answer[read..])?;
        ensure!(more > 0, "the server hung up");
        read += more;
        let text = std::str::from_utf8(&answer[..read])?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        ensure!(head.starts_with("HTTP/1.1 200"), "the server said {text}");
        let length = head.lines().find_map(|line| line.strip_prefix(LENGTH)).context("an answer has a length")?;
        if body.len() >= length.parse::<usize>()? {
            return Ok(());
        }
    }
}
