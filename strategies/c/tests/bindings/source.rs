//! Reads what crosses to C out of the Rust sources that define it: records, the table of callbacks, functions. It knows
//! as much of Rust as rustfmt leaves to be known.

use std::path::Path;

/// A doc comment, a paragraph a text.
pub type Doc = Vec<String>;

/// A type with the names that it has here and in C.
#[derive(Clone, Debug)]
pub struct Named {
    /// In Rust.
    pub rust: &'static str,
    /// In C, behind `fulmar_`.
    pub c: &'static str,
    /// Whether it is the payload of a record, or a part of one.
    pub is_record: bool,
}

/// An enumeration.
#[derive(Debug)]
pub struct Enum {
    pub named: Named,
    pub doc: Doc,
    /// Name, value, meaning.
    pub items: Vec<(String, String, Doc)>,
}

/// A struct.
#[derive(Debug)]
pub struct Struct {
    pub named: Named,
    pub doc: Doc,
    pub fields: Vec<Field>,
}

/// A field of a struct, a parameter of a function.
#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub rust_type: String,
    pub doc: Doc,
}

/// A function, or a callback.
#[derive(Debug)]
pub struct Function {
    pub name: String,
    pub doc: Doc,
    pub parameters: Vec<Field>,
    pub returns: Option<String>,
}

/// The text of a file of the checkout.
pub fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines of an item's comment, and of its body.
fn item<'a>(text: &'a str, head: &str) -> (Doc, Vec<&'a str>) {
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| *line == head).unwrap_or_else(|| panic!("no line is {head:?}"));
    let end = lines[at..].iter().position(|line| *line == "}").expect("an item ends") + at;
    (doc_above(&lines, at), lines[at + 1..end].to_vec())
}

fn doc_above(lines: &[&str], at: usize) -> Doc {
    // Behind the item before, or behind the head of the item that this one is in.
    let is_end = |line: &&str| line.is_empty() || line.ends_with('{');
    let begin = lines[..at].iter().rposition(is_end).map_or(0, |end| end + 1);
    doc(lines[begin..at].iter().filter_map(|line| comment(line)))
}

fn comment(line: &str) -> Option<&str> {
    line.trim().strip_prefix("///").map(str::trim)
}

/// Sentences that lead to an example, of which there are none in C.
const ABOUT_EXAMPLES: [&str; 7] = [
    "Stands in a",
    "The example of",
    "Told apart in",
    "Told by a",
    "Read from [",
    "Travels as a",
    "See `epoch`",
];

/// Paragraphs without examples and without what only Rust asks.
fn doc<'a>(lines: impl Iterator<Item = &'a str>) -> Doc {
    let mut paragraphs = vec![String::new()];
    let mut is_code = false;
    for line in lines {
        if line.starts_with("# ") && !is_code {
            break;
        } else if line.starts_with("```") {
            is_code = !is_code;
        } else if is_code || ABOUT_EXAMPLES.iter().any(|start| line.starts_with(start)) {
            // Not for here.
        } else if line.is_empty() {
            paragraphs.push(String::new());
        } else {
            let paragraph = paragraphs.last_mut().expect("there is one");
            paragraph.push_str(if paragraph.is_empty() { "" } else { " " });
            paragraph.push_str(line);
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// The enumeration of this name.
pub fn enumeration(text: &str, named: Named) -> Enum {
    let (doc_of, lines) = item(text, &format!("pub enum {} {{", named.rust));
    let mut items = Vec::new();
    let mut above = Vec::new();
    for line in lines {
        if let Some(line) = comment(line) {
            above.push(line);
        } else if let Some((name, value)) = line.trim().trim_end_matches(',').split_once(" = ") {
            items.push((name.to_owned(), value.to_owned(), doc(std::mem::take(&mut above).into_iter())));
        }
    }
    assert!(!items.is_empty(), "{} has values", named.rust);
    Enum { named, doc: doc_of, items }
}

/// The struct of this name.
pub fn structure(text: &str, named: Named) -> Struct {
    let (doc_of, lines) = item(text, &format!("pub struct {} {{", named.rust));
    let mut fields = Vec::new();
    let mut above = Vec::new();
    for line in lines {
        let code = line.trim().trim_end_matches(',');
        let code = code.strip_prefix("pub ").unwrap_or(code);
        if let Some(line) = comment(line) {
            above.push(line);
        } else if let Some((name, rust_type)) = code.split_once(": ") {
            let doc = doc(std::mem::take(&mut above).into_iter());
            fields.push(Field { name: name.to_owned(), rust_type: rust_type.to_owned(), doc });
        }
    }
    assert!(!fields.is_empty(), "{} has fields", named.rust);
    Struct { named, doc: doc_of, fields }
}

/// The functions of a source that C can call, in their order.
pub fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let starts = lines.iter().enumerate().filter(|(_, line)| line.starts_with("pub extern \"C\" fn "));
    let function = |(at, _): (usize, &&str)| {
        let end = lines[at..].iter().position(|line| line.ends_with('{')).expect("a body") + at;
        let head: Vec<&str> = lines[at..=end].iter().map(|line| line.trim()).collect();
        let head = head.join(" ").replace("( ", "(").replace(", )", ")");
        let head = head.trim_start_matches("pub extern \"C\" fn ").trim_end_matches('{').trim();
        let (name, rest) = head.split_once('(').expect("parameters");
        let (parameters, returns) = rest.rsplit_once(')').expect("parameters end");
        Function {
            name: name.to_owned(),
            doc: doc_above(&lines, at),
            parameters: split(parameters).map(parameter).collect(),
            returns: returns.trim().strip_prefix("-> ").map(str::to_owned),
        }
    };
    starts.map(function).collect()
}

/// Parameters apart: a comma within angle brackets parts nothing.
fn split(parameters: &str) -> impl Iterator<Item = String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in parameters.chars() {
        match letter {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        if letter == ',' && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().expect("there is one").push(letter);
        }
    }
    parts.into_iter().filter(|part| !part.trim().is_empty())
}

fn parameter(text: String) -> Field {
    let (name, rust_type) = text.trim().split_once(": ").expect("a parameter has a type");
    Field { name: name.to_owned(), rust_type: rust_type.to_owned(), doc: Doc::new() }
}

/// The callbacks in the order of their table, with what the trait says of each.
pub fn callbacks(table: &str, strategy: &str) -> Vec<Function> {
    let (_, lines) = item(table, "callbacks! {");
    let rows = lines.iter().map(|line| {
        let (name, rest) = line.trim().split_once('(').expect("a callback has a payload");
        let (what, payload) = rest.trim_end_matches(");").split_once(": ").expect("which has a type");
        (name, Some((what, payload)))
    });
    let plain = [("on_start", None), ("on_stop", None), ("on_book", Some(("update", "BookUpdate")))];
    let trait_lines: Vec<&str> = strategy.lines().collect();
    let callback = |(name, payload): (&str, Option<(&str, &str)>)| {
        let head = format!("    fn {name}(");
        let at = trait_lines.iter().position(|line| line.starts_with(&head)).expect("the trait has it");
        let payload = payload.map(|(what, rust_type)| Field {
            name: what.to_owned(),
            rust_type: rust_type.to_owned(),
            doc: Doc::new(),
        });
        Function {
            name: name.to_owned(),
            doc: doc_above(&trait_lines, at),
            parameters: payload.into_iter().collect(),
            returns: None,
        }
    };
    plain.into_iter().chain(rows).map(callback).collect()
}
