//! `varvite feature serve`: it says where it listens, answers, and ends when it is told to.
#![cfg(all(feature = "serve", unix))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use common::features::with_users;
use common::varvite;
use serde_json::Value;

/// Starts a server on a free port, and waits until it listens.
fn serve(folder: &std::path::Path) -> (Child, String) {
    let line = "feature serve f --listen 127.0.0.1:0 --follow 50ms --json";
    let mut child = Command::new(env!("CARGO_BIN_EXE_varvite"))
        .args(line.split(' '))
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
    let said: Value = serde_json::from_str(&said).unwrap();
    (child, said["address"].as_str().unwrap().to_owned())
}

fn get(address: &str, path: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_answers_until_it_is_told_to_stop() {
    let folder = with_users();
    let (mut child, address) = serve(folder.path());
    let path = "/features/online?features=users.score&user_id=1&now=2024-03-03";
    let answer = (0..400).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        Some(get(&address, path)).filter(|answer| answer.contains("PRESENT"))
    });
    assert!(answer.unwrap().contains("\"score\":0.75"));
    assert!(get(&address, "/health").starts_with("HTTP/1.1 200"));
    let other = varvite(folder.path(), "feature materialize f users").refused();
    assert!(other.contains("in use by another process"), "{other}");
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn nobody_else_is_served_without_a_token() {
    let folder = with_users();
    let refused = varvite(folder.path(), "feature serve f --listen 0.0.0.0:0").refused();
    assert!(refused.contains("VV0501") && refused.contains("pass --token-file"), "{refused}");
    std::fs::write(folder.path().join("empty"), "\n").unwrap();
    let line = "feature serve f --listen 0.0.0.0:0 --token-file empty";
    assert!(varvite(folder.path(), line).err.contains("holds no token"));
}
