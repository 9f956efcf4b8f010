//! A view as SVG, without any other tool: columns of boxes by how far they are from the inputs, arrows to the right.

use std::collections::HashMap;
use std::fmt::Write;

use super::View;
use super::formats::escaped;

/// Pixels: a letter, the height of a box, gaps between columns and boxes.
const LETTER: usize = 7;
const HEIGHT: usize = 38;
const ACROSS: usize = 56;
const BELOW: usize = 14;

struct Box<'a> {
    name: &'a str,
    what: String,
    is_input: bool,
    rank: usize,
    x: usize,
    y: usize,
    width: usize,
}

impl View<'_> {
    /// SVG: inputs are dashed; each box has a name and a type, and what nodes say of themselves as a tooltip.
    pub fn to_svg(&self) -> String {
        let edges: Vec<(String, String)> = self.edges().into_iter().map(|edge| (edge.source, edge.reader)).collect();
        let inputs = self.inputs().map(|input| (input.name.as_str(), input.flow_type.to_string(), true));
        let nodes = self.nodes().map(|node| (node.name.as_str(), node.out.to_string(), false));
        let of = |(name, what, is_input): (&'_ str, String, bool)| (name.to_owned(), what, is_input);
        let told: Vec<(String, String, bool)> = inputs.chain(nodes).map(of).collect();
        let mut boxes: Vec<Box<'_>> = told
            .iter()
            .map(|(name, what, is_input)| {
                let width = name.chars().count().max(what.chars().count()) * LETTER + 20;
                Box { name, what: what.clone(), is_input: *is_input, rank: 0, x: 0, y: 0, width }
            })
            .collect();
        let places: HashMap<&str, usize> =
            told.iter().enumerate().map(|(at, (name, ..))| (name.as_str(), at)).collect();
        let edges: Vec<(usize, usize)> = edges
            .iter()
            .filter_map(|(source, reader)| Some((*places.get(source.as_str())?, *places.get(reader.as_str())?)))
            .collect();
        let size = lay_out(&mut boxes, &edges);
        draw(&boxes, &edges, size, |name| {
            self.nodes().find(|node| node.name == name).map_or("", |node| node.doc.as_str()).to_owned()
        })
    }
}

/// Gives each box its place; returns width and height of all.
fn lay_out(boxes: &mut [Box<'_>], edges: &[(usize, usize)]) -> (usize, usize) {
    rank(boxes, edges);
    let num_ranks = boxes.iter().map(|of| of.rank + 1).max().unwrap_or(0);
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); num_ranks];
    (0..boxes.len()).for_each(|at| columns[boxes[at].rank].push(at));
    let mut sources: Vec<Vec<usize>> = vec![Vec::new(); boxes.len()];
    for &(source, reader) in edges {
        sources[reader].push(source);
    }
    let (mut x, mut height) = (BELOW, 0);
    for column in &mut columns {
        // Boxes stand about where what they read stands: fewer arrows cross.
        let middle =
            |at: usize| sources[at].iter().map(|&source| boxes[source].y).sum::<usize>() / sources[at].len().max(1);
        let mut ordered: Vec<(usize, usize)> = column.iter().map(|&at| (middle(at), at)).collect();
        ordered.sort_unstable();
        let widest = column.iter().map(|&at| boxes[at].width).max().unwrap_or(0);
        for (place, (_, at)) in ordered.into_iter().enumerate() {
            boxes[at].x = x;
            boxes[at].y = BELOW + place * (HEIGHT + BELOW);
            boxes[at].width = widest;
            height = height.max(boxes[at].y + HEIGHT + BELOW);
        }
        x += widest + ACROSS;
    }
    (x.saturating_sub(ACROSS) + BELOW, height)
}

/// The rank of a box is the longest way to it. Graphs have no circles, so that this ends.
fn rank(boxes: &mut [Box<'_>], edges: &[(usize, usize)]) {
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); boxes.len()];
    let mut open = vec![0_usize; boxes.len()];
    for &(source, reader) in edges {
        readers[source].push(reader);
        open[reader] += 1;
    }
    let mut ready: Vec<usize> = (0..boxes.len()).filter(|&at| open[at] == 0).collect();
    while let Some(at) = ready.pop() {
        for &reader in &readers[at] {
            boxes[reader].rank = boxes[reader].rank.max(boxes[at].rank + 1);
            open[reader] -= 1;
            if open[reader] == 0 {
                ready.push(reader);
            }
        }
    }
}

fn draw(
    boxes: &[Box<'_>],
    edges: &[(usize, usize)],
    (width, height): (usize, usize),
    doc: impl Fn(&str) -> String,
) -> String {
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"monospace\" font-size=\"11\">\n<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" \
         refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n"
    );
    for &(source, reader) in edges {
        let (from, to) = (&boxes[source], &boxes[reader]);
        let (x1, y1, x2, y2) = (from.x + from.width, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2);
        let (bend, back) = (x1 + ACROSS / 2, x2.saturating_sub(ACROSS / 2));
        let _ = writeln!(
            text,
            "<path d=\"M{x1} {y1}C{bend} {y1} {back} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#777\" marker-end=\"url(#tip)\"/>"
        );
    }
    for of in boxes {
        let dashes = if of.is_input { " stroke-dasharray=\"4 3\"" } else { "" };
        let (x, y, width) = (of.x, of.y, of.width);
        let (name, what, doc) = (escaped(of.name), escaped(&of.what), escaped(&doc(of.name)));
        let _ = writeln!(
            text,
            "<g><title>{doc}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{HEIGHT}\" rx=\"4\" fill=\"#fff\" \
             stroke=\"#333\"{dashes}/><text x=\"{}\" y=\"{}\" font-weight=\"bold\">{name}</text><text x=\"{}\" y=\"{}\" \
             fill=\"#555\">{what}</text></g>",
            x + 10,
            y + 16,
            x + 10,
            y + 31,
        );
    }
    text + "</svg>\n"
}
