//! Features are defined in a file and in code, and a plan says what would change before anything does.

use varvite::FeatureGroup;
use varvite::schema::{Definitions, Format, plan_apply};

/// The same group as in the file, with one feature more.
#[derive(FeatureGroup)]
#[feature_group(name = "users", ttl = "7d", owner = "growth")]
#[allow(dead_code, reason = "the struct is only described here")]
struct Users {
    #[entity_key]
    user_id: i64,
    #[event_time]
    at: i64,
    #[column(min = 0, max = 150, unit = "years")]
    age: Option<i32>,
    region: Option<String>,
}

const FILE: &str = "\
groups:
- name: users
  owner: growth
  event_time: at
  ttl: 7d
  entity_keys:
  - {name: user_id, type: bigint}
  features:
  - name: age
    type: int
    metadata: {min: 0, max: 150, unit: years}
services:
- name: churn
  features: [users.age]
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let plan = plan_apply(&Definitions::default(), &Definitions::read(FILE, Format::Yaml)?);
    print!("The file:\n{plan}\n");
    let known = plan.into_definitions()?;

    let wanted = Definitions::try_new(vec![Users::feature_group()?], vec![])?;
    let plan = plan_apply(&known, &wanted);
    print!("The struct:\n{plan}\n");
    let known = plan.into_definitions()?;
    println!("{}\n", known.group("users", None)?);

    let Err(error) = known.resolve(&"users.regoin".parse()?) else { return Err("nobody is called so".into()) };
    println!("{} {}: {error}\n", error.code(), error.kind());

    let narrower =
        FILE.replace("type: int\n", "type: string\n").replace("    metadata: {min: 0, max: 150, unit: years}\n", "");
    let plan = plan_apply(&known, &Definitions::read(&narrower, Format::Yaml)?);
    print!("A file that forgot a feature and retyped another:\n{plan}");
    assert!(plan.check().is_err());
    Ok(())
}
