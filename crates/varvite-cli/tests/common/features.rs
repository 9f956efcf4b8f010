//! A small feature store: two users, a correction that was known late.

use super::{TempDir, folder, varvite, with_input};

/// A group, and a service that lists its features.
pub const USERS_YAML: &str = "\
groups:
- name: users
  description: What we know of a user
  owner: growth
  tags: {team: data}
  entity_keys: [{name: user_id, type: bigint}]
  event_time: at
  created_time: known_at
  ttl: 7d
  features:
  - {name: age, type: int, constraints: {min: 0, max: 150}}
  - {name: score, type: double}
services:
- name: churn
  features: [users.score, users.age]
";

/// User 1 twice, the second row known three days late; user 2 without a score.
pub const USERS_CSV: &str = "\
user_id,at,known_at,age,score
1,2024-03-01T00:00:00Z,2024-03-01T00:00:00Z,30,0.5
2,2024-03-01T06:00:00Z,2024-03-01T06:00:00Z,40,
1,2024-03-02T00:00:00Z,2024-03-05T00:00:00Z,31,0.75
";

/// Five entities with their times: two of user 1, one too late, one unknown, one without a key.
pub const LABELS_CSV: &str = "\
user_id,at,label
1,2024-03-01T12:00:00Z,a
1,2024-03-03,b
2,2024-03-20T12:00:00Z,c
3,2024-03-20T12:00:00Z,d
,2024-03-20T12:00:00Z,e
";

/// A folder with `users.yaml`, `labels.csv` and the feature store `f`, which has no rows.
pub fn with_store() -> TempDir {
    let folder = folder();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("users.yaml", USERS_YAML);
    write("users.csv", USERS_CSV);
    write("labels.csv", LABELS_CSV);
    varvite(folder.path(), "feature apply f users.yaml --author ada --message first").ok();
    folder
}

/// The same with the rows.
pub fn with_users() -> TempDir {
    let folder = with_store();
    with_input(folder.path(), "feature write f users -", USERS_CSV.as_bytes()).ok();
    folder
}
