//! Aligned tables, cut to the width of the terminal.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, presets};

/// Spaces between columns.
const GAP: usize = 2;

/// Columns up to this wide are not cut, so that instants stay whole; wider ones are, down to [`NARROWEST`].
const UNCUT: usize = 24;

/// No column is cut to less, if it is not the only one.
const NARROWEST: usize = 12;

/// A table: a header line, a rule, rows.
pub(crate) struct Table {
    headers: Vec<Header>,
    rows: Vec<Vec<String>>,
}

struct Header {
    name: String,
    right: bool,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self { headers: Vec::new(), rows: Vec::new() }
    }

    /// Adds a column of text.
    pub(crate) fn left(mut self, name: impl Into<String>) -> Self {
        self.headers.push(Header { name: name.into(), right: false });
        self
    }

    /// Adds a column of numbers.
    pub(crate) fn right(mut self, name: impl Into<String>) -> Self {
        self.headers.push(Header { name: name.into(), right: true });
        self
    }

    /// Adds a row: one cell a column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl ToString>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(&cell.to_string())).collect());
    }

    /// The table for standard output: cut if that is a terminal, whole if it is not.
    pub(crate) fn to_text(&self) -> String {
        self.render(terminal_width())
    }

    /// The table, at most `width` wide. Columns that do not fit are cut, then left out and named below.
    pub(crate) fn render(&self, width: Option<usize>) -> String {
        let widths = fit(&self.widths(), width);
        let mut table = comfy_table::Table::new();
        table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.headers.iter().zip(&widths).map(|(header, width)| cut(&header.name, *width)));
        table.add_row(widths.iter().map(|width| "─".repeat(*width)));
        for row in &self.rows {
            table.add_row(row.iter().zip(&widths).map(|(cell, width)| cut(cell, *width)));
        }
        for (column, header) in table.column_iter_mut().zip(&self.headers) {
            column.set_padding((0, u16::try_from(GAP).unwrap_or_default()));
            column.set_cell_alignment(if header.right { CellAlignment::Right } else { CellAlignment::Left });
        }
        let mut text = table.trim_fmt();
        let hidden: Vec<&str> = self.headers[widths.len()..].iter().map(|header| header.name.as_str()).collect();
        if !hidden.is_empty() {
            let _ = write!(text, "\nnot shown: {}", hidden.join(", "));
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let cell = |row: &Vec<String>, at: usize| row.get(at).map_or(0, |cell| cell.chars().count());
        self.headers
            .iter()
            .enumerate()
            .map(|(at, header)| {
                self.rows.iter().map(|row| cell(row, at)).chain([header.name.chars().count()]).max().unwrap_or_default()
            })
            .collect()
    }
}

/// Width of the terminal that standard output is; `None` if it is none.
pub(crate) fn terminal_width() -> Option<usize> {
    comfy_table::Table::new().width().map(usize::from)
}

/// The widths of the columns that are shown: the widest are cut first; what then does not fit is left out from the end.
fn fit(wanted: &[usize], width: Option<usize>) -> Vec<usize> {
    let Some(width) = width else { return wanted.to_vec() };
    let mut widths = wanted.to_vec();
    let total = |widths: &[usize]| widths.iter().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
    while total(&widths) > width {
        let cuttable = widths.iter_mut().zip(wanted).filter(|(width, wanted)| **wanted > UNCUT && **width > NARROWEST);
        if let Some((widest, _)) = cuttable.max() {
            *widest -= 1;
        } else if widths.len() > 1 {
            widths.pop();
        } else {
            widths = vec![width.max(1)];
            break;
        }
    }
    // A column that was left out made room for others.
    let shown = widths.len();
    if shown < wanted.len() { fit(&wanted[..shown], Some(width)) } else { widths }
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Control characters would break the lines.
fn one_line(text: &str) -> String {
    if text.contains(char::is_control) { text.escape_debug().to_string() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> Table {
        let mut table = Table::new().left("name").right("rows").left("note");
        table.row(["short", "7", "a note that goes on for quite a while"]);
        table.row(["a longer name", "12345", "x\ny"]);
        table
    }

    #[test]
    fn whole_where_there_is_no_terminal() {
        let lines = [
            "name            rows  note",
            "─────────────  ─────  ─────────────────────────────────────",
            "short              7  a note that goes on for quite a while",
            "a longer name  12345  x\\ny",
        ];
        assert_eq!(people().render(None), lines.join("\n"));
    }

    #[test]
    fn the_widest_column_is_cut_first() {
        let text = people().render(Some(40));
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        assert!(text.contains("a longer name  12345") && text.contains("a note that goes …"), "{text}");
    }

    #[test]
    fn columns_that_do_not_fit_are_named() {
        let text = people().render(Some(21));
        assert!(text.ends_with("not shown: note"), "{text}");
    }
}
