//! A server with one request made to it: `cargo run -p varvite-serve --example serve`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, TimestampSecondArray};
use varvite_feature::{FeatureStore, WriteMode};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
use varvite_serve::Server;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = FeatureStore::open(folder.path())?;
    let users = FeatureGroupSchema::builder("users")
        .entity_key("user_id", DataType::BigInt)
        .event_time("at")
        .feature(FeatureSchema::builder("clicks", DataType::BigInt));
    store.register(&users.build()?)?;
    let column = |value: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![value])) };
    let at: ArrayRef = Arc::new(TimestampSecondArray::from(vec![1000]).with_timezone("UTC"));
    let rows = RecordBatch::try_from_iter([("user_id", column(1)), ("at", at), ("clicks", column(10))])?;
    let _ = store.write("users", &[rows], WriteMode::Append)?;

    let server = Server::new(store)?.with_follow(Duration::from_millis(50));
    let listener = server.bind("127.0.0.1:0".parse()?).await?;
    let address = listener.local_addr()?;
    let asked = tokio::task::spawn_blocking(move || -> std::io::Result<String> {
        loop {
            let mut connection = TcpStream::connect(address)?;
            let path = "/features/online?features=users.clicks&user_id=1";
            write!(connection, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
            let mut answer = String::new();
            connection.read_to_string(&mut answer)?;
            // The first commit is brought in a moment after the start.
            if answer.contains("PRESENT") {
                return Ok(answer);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    let (answered, answer) = tokio::sync::oneshot::channel();
    let client = tokio::spawn(async move {
        let said = asked.await;
        let _ = answered.send(());
        said
    });
    server.serve(listener, async { answer.await.unwrap_or_default() }).await?;
    println!("{}", client.await???);
    Ok(())
}
