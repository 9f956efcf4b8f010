//! `indexer.json` describes classes, which in Rust are compiled: the cases become a test file.

use std::fmt::Write;

use anyhow::{Context, Result};
use serde_json::Value;

/// Makes a Rust test file of the cases: one module a case, with strict keys, as the seed's are.
///
/// # Errors
/// A case that the format does not know.
pub fn generate(cases: &[Value]) -> Result<String> {
    let mut code = String::from(
        "//! Made from `cases/indexer.json` by `conformance indexer`: change the cases, then make it anew.\n\
         #![allow(clippy::unwrap_used, unused_imports, reason = \"generated tests\")]\n",
    );
    for case in cases {
        code.push_str(&module(case)?);
    }
    Ok(code)
}

fn module(case: &Value) -> Result<String> {
    let id = case["id"].as_str().context("a case has an id")?;
    let title = case["title"].as_str().unwrap_or_default();
    let comment = format!("\n// {id}: {title}\n");
    let body = match test(case)? {
        Test::Code(body) => body,
        Test::DoesNotCompile(reason) => {
            return Ok(format!("{comment}// Does not compile, which is the point: {reason}.\n"));
        }
    };
    let types = types(&case["schema"])?;
    Ok(format!(
        "{comment}mod {id} {{\n    use varvite_key::{{Key, sublevel, toplevel}};\n{types}\n    #[test]\n    fn holds() {{\n{body}    }}\n}}\n"
    ))
}

enum Test {
    Code(String),
    DoesNotCompile(&'static str),
}

/// The structs from the deepest level up.
fn types(schema: &Value) -> Result<String> {
    let levels = schema["levels"].as_array().context("a key has levels")?;
    let mut code = String::new();
    for (at, fields) in levels.iter().enumerate().rev() {
        let attribute = match (at, schema["field_sep"].as_str()) {
            (0, None) => "#[toplevel(strict)]".to_owned(),
            (0, Some(sep)) => format!("#[toplevel(strict, fields_sep = {sep:?})]"),
            _ => "#[sublevel]".to_owned(),
        };
        writeln!(code, "\n    {attribute}\n    struct Level{at} {{")?;
        for field in fields.as_array().context("a level has fields")? {
            let ty = if field[1] == "int" { "i64" } else { "String" };
            writeln!(code, "        {}: {ty},", field[0].as_str().context("a field has a name")?)?;
        }
        if at + 1 < levels.len() {
            writeln!(code, "        below: Level{},", at + 1)?;
        }
        code.push_str("    }\n");
    }
    Ok(code)
}

fn test(case: &Value) -> Result<Test> {
    let (schema, expect) = (&case["schema"], &case["expect"]);
    if !schema["sublevel_position"].is_null() {
        return Ok(Test::DoesNotCompile("a sublevel that is not last"));
    }
    let text = case["text"].as_str().unwrap_or_default();
    let parse = match case["op"].as_str().unwrap_or_default() {
        "format" => return format(schema, &case["values"], expect),
        "sort" => return sort(schema, &case["values"], expect),
        "parse_path" => format!("Level0::from_path({text:?})"),
        "parse_str" => format!("{text:?}.parse::<Level0>()"),
        other => anyhow::bail!("unknown operation `{other}`"),
    };
    Ok(match &expect["values"] {
        Value::Null => Test::Code(format!("        assert!({parse}.is_err());\n")),
        values => match key(schema, values)? {
            Some(key) => Test::Code(format!("        assert_eq!({parse}.unwrap(), {key}.unwrap());\n")),
            None => Test::DoesNotCompile("a value of another type"),
        },
    })
}

fn format(schema: &Value, values: &Value, expect: &Value) -> Result<Test> {
    let Some(key) = key(schema, values)? else { return Ok(Test::DoesNotCompile("a value of another type")) };
    let error = &expect["error"];
    if !error.is_null() {
        let code = match error["kind"].as_str() {
            Some("empty_value") => "            assert_eq!(error.code(), \"VV0001\");\n",
            Some("forbidden_character") => "            assert_eq!(error.code(), \"VV0002\");\n",
            _ => "",
        };
        // Levels are checked from the inside: the error may come from any of them.
        return Ok(Test::Code(format!(
            "        let made = || -> Result<Level0, varvite_key::Error> {{ {} }};\n        let error = made().unwrap_err();\n        {{\n            let _ = &error;\n{code}        }}\n",
            key.replace(".unwrap()", "?")
        )));
    }
    let mut code = format!("        let key = {key}.unwrap();\n");
    if let Some(text) = expect["str"].as_str() {
        writeln!(code, "        assert_eq!(key.to_string(), {text:?});")?;
    }
    if let Some(parts) = expect["path"].as_array() {
        let path: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
        writeln!(code, "        assert_eq!(key.to_path(), {:?});", path.join("/"))?;
    }
    if let Some(depth) = expect["depth"].as_u64() {
        writeln!(code, "        assert_eq!(Level0::DEPTH, {depth});")?;
    }
    code.push_str("        assert_eq!(Level0::from_path(&key.to_path()).unwrap(), key);\n");
    code.push_str("        assert_eq!(key.to_string().parse::<Level0>().unwrap(), key);\n");
    Ok(Test::Code(code))
}

fn sort(schema: &Value, values: &Value, expect: &Value) -> Result<Test> {
    if !expect["error"].is_null() {
        return Ok(Test::DoesNotCompile("keys that cannot be compared"));
    }
    let keys = |values: &Value| -> Result<Option<String>> {
        let keys = values.as_array().context("keys are a list")?.iter().map(|values| key(schema, values));
        let keys: Option<Vec<String>> = keys.collect::<Result<_>>()?;
        Ok(keys.map(|keys| keys.iter().map(|key| format!("{key}.unwrap()")).collect::<Vec<_>>().join(", ")))
    };
    let (Some(given), Some(sorted)) = (keys(values)?, keys(&expect["sorted"])?) else {
        return Ok(Test::DoesNotCompile("a value of another type"));
    };
    Ok(Test::Code(format!(
        "        let mut keys = vec![{given}];\n        keys.sort();\n        assert_eq!(keys, [{sorted}]);\n"
    )))
}

/// The expression that makes the key; `None` if a value is not of its field's type.
fn key(schema: &Value, values: &Value) -> Result<Option<String>> {
    let levels = schema["levels"].as_array().context("a key has levels")?;
    let values = values.as_array().context("values are a list")?;
    let mut code = String::new();
    for (at, (fields, values)) in levels.iter().zip(values).enumerate().rev() {
        let fields = fields.as_array().context("a level has fields")?;
        let values = values.as_array().context("a level's values are a list")?;
        let mut arguments = Vec::new();
        for (field, value) in fields.iter().zip(values) {
            arguments.push(match (field[1].as_str(), value) {
                (Some("str"), Value::String(text)) => format!("{text:?}"),
                (Some("int"), Value::Number(number)) if number.is_i64() => number.to_string(),
                _ => return Ok(None),
            });
        }
        if !code.is_empty() {
            arguments.push(format!("{code}.unwrap()"));
        }
        code = format!("Level{at}::new({})", arguments.join(", "));
    }
    Ok(Some(code))
}
