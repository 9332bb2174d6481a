//! The project's own sources, as the house rules look at them: code without comments and texts, line by line, and the
//! paths that it names.
//!
//! Not a parser of Rust: it knows comments, literals, `use` trees and modules, which is what the rules are about.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of the project.
#[derive(Debug)]
pub struct Source {
    /// Where it lies, from the root of the project, with `/` between.
    pub path: String,
    /// Its lines as they stand.
    pub lines: Vec<String>,
    /// The same lines with comments and the insides of texts blanked.
    pub code: Vec<String>,
    /// The line at which its test module begins, counted from zero; the number of lines where there is none.
    pub tests_at: usize,
}

/// A path that code names, such as `std::time::Instant`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The line, counted from one.
    pub line: usize,
    /// The whole path; `crate`, `self` and `super` are replaced by what they stand for.
    pub path: String,
}

/// The root of the project.
pub fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    root.expect("this crate is a folder of the project").to_path_buf()
}

/// Every file under the root whose name ends so, by path.
///
/// # Panics
/// Where the project cannot be read.
pub fn files(ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the project's folders can be read") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && (!name.starts_with('.') || name == ".ci") {
                    folders.push(path);
                }
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A path from the root of the project, with `/` between.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// All Rust files of the project.
pub fn sources() -> Vec<Source> {
    files(".rs").iter().map(|path| Source::read(path)).collect()
}

impl Source {
    /// Reads a file.
    ///
    /// # Panics
    /// Where it cannot be read as UTF-8.
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::new(&relative(path), &text)
    }

    /// The file at `path` whose content is `text`.
    pub fn new(path: &str, text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let code: Vec<String> = code_of(text).lines().map(str::to_owned).collect();
        let is_test = is_test_path(path) || code.iter().any(|line| line.starts_with("#![cfg(test)]"));
        // A module in a file of its own is declared anywhere; what follows the declaration is shipped.
        let begins = |at: &usize| {
            code[*at].trim() == "#[cfg(test)]"
                && code.get(at + 1).is_some_and(|next| next.starts_with("mod ") && !next.ends_with(';'))
        };
        let tests_at = if is_test { 0 } else { (0..code.len()).find(begins).unwrap_or(code.len()) };
        Source { path: path.to_owned(), lines, code, tests_at }
    }

    /// What is no test: each line of code with its number, counted from one.
    pub fn shipped(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code[..self.tests_at].iter().enumerate().map(|(index, line)| (index + 1, line.as_str()))
    }

    /// The paths that the shipped code names, in `use` trees and elsewhere.
    pub fn mentions(&self) -> Vec<Mention> {
        let mut found = Vec::new();
        let mut import: Option<(usize, String)> = None;
        for (number, line) in self.shipped() {
            if let Some((_, text)) = &mut import {
                text.push_str(line.trim());
            } else if let Some(rest) = import_of(line) {
                import = Some((number, rest.to_owned()));
            } else {
                found.extend(inline_paths(line).into_iter().map(|path| (number, path)));
            }
            if let Some((at, text)) = import.take_if(|(_, text)| text.contains(';')) {
                let tree = text.split(';').next().unwrap_or_default();
                found.extend(expand(tree).into_iter().map(|path| (at, path)));
            }
        }
        let module = module_of(&self.path);
        let resolved = |(line, path): (usize, String)| Mention { line, path: resolve(&module, &path) };
        found.into_iter().map(resolved).collect()
    }
}

/// True for a path that begins with `prefix`, whole words alone: `std::net` is not a prefix of `std::network`.
pub fn names(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn is_test_path(path: &str) -> bool {
    path.ends_with("/tests.rs")
        || path.starts_with("tests/")
        || path.contains("/tests/")
        || path.contains("/benches/")
}

/// What follows `use` where a line begins an import.
fn import_of(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(')')?.1.trim_start(),
        Some(rest) => rest.trim_start(),
        None => line,
    };
    line.strip_prefix("use ")
}

/// The paths of a `use` tree: `a::{b, c::{self, d}}` are `a::b`, `a::c` and `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((prefix, inside)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().trim();
        return vec![path.trim_end_matches("::self").to_owned()];
    };
    let inside = inside.trim().strip_suffix('}').unwrap_or(inside);
    let (mut depth, mut parts) = (0_usize, vec![String::new()]);
    for character in inside.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if character == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    let expanded = parts.flat_map(|part| expand(part));
    expanded.map(|path| format!("{prefix}{path}").trim_end_matches("::self").to_owned()).collect()
}

/// The paths of two words or more that a line of code names.
fn inline_paths(line: &str) -> Vec<String> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    let words = line.split(|character| !is_part(character));
    words.map(|word| word.trim_matches(':')).filter(|word| word.contains("::")).map(str::to_owned).collect()
}

/// The module that a file is: `engine/src/market/book.rs` is `fulmar_engine::market::book`.
fn module_of(path: &str) -> String {
    let (room, inside) = path.split_once("/src/").unwrap_or((path, ""));
    let krate = if room == "ops" { "fulmar".to_owned() } else { format!("fulmar_{room}") };
    let inside = inside.trim_end_matches(".rs").trim_end_matches("/mod");
    match inside {
        "" | "lib" | "main" => krate,
        inside => format!("{krate}::{}", inside.replace('/', "::")),
    }
}

fn resolve(module: &str, path: &str) -> String {
    let krate = module.split("::").next().unwrap_or_default();
    if let Some(rest) = path.strip_prefix("crate::") {
        return format!("{krate}::{rest}");
    }
    let (mut at, mut rest) = (module, path.strip_prefix("self::").unwrap_or(path));
    let is_relative = path.starts_with("super::") || path.starts_with("self::");
    while let Some(outer) = rest.strip_prefix("super::") {
        (at, rest) = (at.rsplit_once("::").map_or(at, |(parent, _)| parent), outer);
    }
    if is_relative { format!("{at}::{rest}") } else { path.to_owned() }
}

/// The text with comments, and what stands between quotes, replaced by blanks; lines stay where they are.
pub fn code_of(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = blank_length(rest, out.chars().next_back());
        if skipped == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            out.extend(rest[..skipped].chars().map(|character| if character == '\n' { '\n' } else { ' ' }));
            rest = &rest[skipped..];
        }
    }
    out
}

/// How many bytes of comment or literal `rest` begins with, zero where it begins with code.
fn blank_length(rest: &str, before: Option<char>) -> usize {
    let in_word = before.is_some_and(|character| character.is_alphanumeric() || character == '_');
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment_length(rest);
    }
    if rest.starts_with('"') {
        return quoted_length(rest);
    }
    if !in_word && (rest.starts_with("r\"") || rest.starts_with("r#") || rest.starts_with("br")) {
        return raw_text_length(rest);
    }
    if rest.starts_with('\'') { character_length(rest) } else { 0 }
}

fn block_comment_length(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted_length(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn raw_text_length(rest: &str) -> usize {
    let marks = rest.trim_start_matches(['b', 'r']);
    let hashes = &marks[..marks.len() - marks.trim_start_matches('#').len()];
    if !marks[hashes.len()..].starts_with('"') {
        return 0;
    }
    let start = rest.len() - marks.len() + hashes.len() + 1;
    let end = format!("\"{hashes}");
    rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())
}

/// A character literal, but not a lifetime.
fn character_length(rest: &str) -> usize {
    let mut characters = rest.char_indices().skip(1);
    match characters.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(0, |at| at + 4),
        Some((at, character)) if rest[at + character.len_utf8()..].starts_with('\'') => {
            at + character.len_utf8() + 1
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_blanked_and_lines_stay() {
        let text = "let a = \"std::net\"; // std::net\nlet b = r#\"x\"y\"#; /* a /* b */ c */ let c = '\"';\n'a: loop {}";
        let code = code_of(text);
        assert_eq!(code.lines().count(), 3);
        assert!(!code.contains("net") && !code.contains('y') && !code.contains('"'), "{code}");
        assert!(code.contains("let c =") && code.contains("'a: loop"), "{code}");
    }

    #[test]
    fn a_use_tree_is_expanded_and_made_absolute() {
        let text = "use std::{net::{self, IpAddr}, time::Duration};\npub(super) use super::{\n    side::Side,\n};\nfn f() { crate::runtime::go() }\n#[cfg(test)]\nmod tests {\n    use std::thread;\n}\n";
        let source = Source::new("engine/src/market/book.rs", text);
        let paths: Vec<_> =
            source.mentions().into_iter().map(|mention| (mention.line, mention.path)).collect();
        let expected = [
            (1, "std::net"),
            (1, "std::net::IpAddr"),
            (1, "std::time::Duration"),
            (2, "fulmar_engine::market::side::Side"),
            (5, "fulmar_engine::runtime::go"),
        ];
        assert_eq!(paths, expected.map(|(line, path)| (line, path.to_owned())));
    }

    #[test]
    fn a_prefix_is_of_whole_words() {
        assert!(names("std::net::IpAddr", "std::net"));
        assert!(!names("std::network", "std::net"));
    }
}
