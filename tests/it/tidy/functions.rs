//! How long a function may be.

use super::assert_none;
use super::source::{Source, Token, sources, tokens};
use std::io;

/// Lines that a function below `src` may have, from the one that names it to the one that closes it.
const LONGEST: usize = 60;

/// How the line begins that says why a function is longer. It is directly above the function and its attributes.
const REASON: &str = "// Longer than 60 lines: ";

/// Functions that are still longer: by file and name.
const STILL_LONGER: [(&str, &str); 3] = [
    ("src/worker.rs", "attempt"),
    ("src/handle/dispatch.rs", "process_event"),
    ("src/github/tests.rs", "the_edit_history_is_read_page_by_page_and_each_of_its_errors_is_one_of_ours"),
];

/// The line that closes the function whose name this token is, or nothing where it has no body.
fn last_line(name: usize, tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    for token in tokens.iter().skip(name) {
        match token.text {
            "{" => depth += 1,
            ";" if depth == 0 => return None,
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(token.line);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether the line above a function, its attributes and its documentation says why it is longer.
fn has_reason(source: &str, line: usize) -> bool {
    let above = source.lines().take(line.saturating_sub(1)).collect::<Vec<_>>().into_iter().rev();
    let mut above = above.map(str::trim).skip_while(|line| line.starts_with("#[") || line.starts_with("///"));
    above.next().is_some_and(|line| line.strip_prefix(REASON).is_some_and(|why| !why.trim().is_empty()))
}

fn long_functions(source: &Source) -> Vec<String> {
    let tokens = tokens(&source.text);
    let is_name = |text: &str| text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let mut found = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        let [word, name] = pair else { continue };
        if word.text != "fn" || !is_name(name.text) || STILL_LONGER.contains(&(&source.path, name.text)) {
            continue;
        }
        let lines = last_line(at + 1, &tokens).map_or(0, |last| last + 1 - word.line);
        if lines > LONGEST && !has_reason(&source.text, word.line) {
            found.push(format!(
                "{}:{}: `{}` has {lines} lines: split it along its steps, or say why not in a line `{REASON}…` above it",
                source.path, word.line, name.text
            ));
        }
    }
    found
}

#[test]
fn no_function_is_longer_than_60_lines_without_a_reason() -> io::Result<()> {
    assert_none(&sources()?.iter().flat_map(long_functions).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn a_planted_long_function_is_found_on_its_line() {
    let body = |lines: usize| "    f(\"}\", '{');\n".repeat(lines);
    let planted = |text: String| long_functions(&Source { path: "src/gate.rs".to_owned(), text });
    let just_right = format!("fn short(\n    f: fn(u8),\n) {{\n{}}}\n", body(56));
    assert_eq!(planted(just_right.clone()), Vec::<String>::new());
    let long =
        |above: &str| format!("{just_right}{above}impl A {{\n    pub async fn long() {{\n{}    }}\n}}\n", body(59));
    assert_eq!(
        planted(long("")),
        [
            "src/gate.rs:62: `long` has 61 lines: split it along its steps, or say why not in a line `// Longer than 60 lines: …` above it"
        ]
    );
    let reasoned = |why: &str| {
        planted(format!(
            "struct A;\n{why}\n/// Says it.\n#[must_use]\nfn long() {{\n{}}}\ntrait B {{ fn none(); }}\n",
            body(60)
        ))
    };
    assert_eq!(reasoned("// Longer than 60 lines: one table."), Vec::<String>::new());
    assert_eq!(reasoned("// Longer than 60 lines: ").len(), 1);
    assert_eq!(reasoned("// It is long.").len(), 1);
    assert_eq!(reasoned("// Longer than 60 lines: one table.\nfn other() {}").len(), 1);
}
