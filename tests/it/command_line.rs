//! `docs/commands.md` against the commands themselves: each has its part, its forms and keys stand there, and the examples
//! are what comes out.

use super::Folder;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

fn page() -> io::Result<String> {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md"))
}

/// What a command writes to its standard output.
fn out(directory: &Path, args: &[&str]) -> io::Result<String> {
    let ran = Command::new(env!("CARGO_BIN_EXE_holdpoint")).args(args).current_dir(directory).output()?;
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

/// The names of all commands, as `--help` lists them.
fn commands() -> io::Result<Vec<String>> {
    let help = out(&std::env::temp_dir(), &["--help"])?;
    let list = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let list = list.take_while(|line| !line.trim().is_empty());
    let names = list.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    let names = names.filter_map(|rest| rest.split_whitespace().next()).filter(|name| *name != "help");
    Ok(names.map(str::to_owned).collect())
}

/// The part of the page below a command's heading.
fn part<'p>(page: &'p str, command: &str) -> &'p str {
    let rest = page.split_once(&format!("\n## `holdpoint {command}`\n")).map_or("", |(_, rest)| rest);
    rest.split_once("\n## `holdpoint ").map_or(rest, |(part, _)| part)
}

#[test]
fn each_command_has_its_part_with_all_of_its_forms_and_its_exit_codes() -> io::Result<()> {
    let page = page()?;
    let names = commands()?;
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        let part = part(&page, &name);
        assert!(!part.is_empty(), "docs/commands.md has no part `holdpoint {name}`");
        let help = out(&std::env::temp_dir(), &[&name, "-h"])?;
        let Some((_, option)) = help.split_once("--format <FORMAT>") else { continue };
        let forms = option.split_once("[possible values: ").and_then(|(_, rest)| rest.split_once(']'));
        let forms = forms.map_or("", |(forms, _)| forms);
        assert!(!forms.is_empty(), "{option}");
        for form in forms.split(", ") {
            assert!(part.contains(&format!("\n| `{form}` | ")), "holdpoint {name}: nothing explains --format {form}");
        }
        assert!(part.to_lowercase().contains("exit code"), "holdpoint {name}: nothing says how it ends");
    }
    Ok(())
}

/// A folder with the files that the page shows, and the commands of the page with what they are said to write.
fn shown(page: &str) -> io::Result<(Folder, Vec<(String, String)>)> {
    let folder = Folder::new();
    for rest in page.split("<!-- file: ").skip(1) {
        let (name, rest) = rest.split_once(" -->").ok_or_else(|| io::Error::other("a file without an end"))?;
        let text = rest.split_once("```markdown\n").and_then(|(_, rest)| rest.split_once("```\n"));
        fs::write(folder.0.join(name), text.map(|(text, _)| text).unwrap_or_default())?;
    }
    let mut commands = Vec::new();
    for rest in page.split("```console\n$ ").skip(1) {
        let block = rest.split_once("```\n").map(|(block, _)| block).unwrap_or_default();
        if let Some((command, output)) = block.split_once('\n') {
            commands.push((command.to_owned(), output.to_owned()));
        }
    }
    Ok((folder, commands))
}

/// All keys of an object, those of the objects in it too.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.keys().cloned());
            object.values().for_each(|inner| keys(inner, found));
        }
        Value::Array(all) => all.iter().for_each(|inner| keys(inner, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_commands_write_what_is_shown_and_the_keys_of_their_objects_are_explained() -> io::Result<()> {
    let page = page()?;
    let (folder, commands) = shown(&page)?;
    let directory = folder.0.as_path();
    assert!(commands.len() >= 4, "{commands:?}");
    for (command, output) in &commands {
        let args: Vec<&str> = command.split_whitespace().skip(1).collect();
        assert_eq!(out(directory, &args)?, *output, "{command}");
    }
    // Every kind of change, so that every key occurs.
    let from = "## A\n- [ ] one [x](a.md)\n- [ ] two 1.2.3\n- [ ] three\n- [ ] four\n- [ ] f\u{200b}ive\n- [ ] Six\n  - [ ] seven\n## B\n- [ ] eight\n- [ ] nine\n- [ ] ten\n  text\n";
    let to = "## A\n- [ ] one [x](b.md)\n- [ ] two 1.2.4\n- [x] three <!-- hp: optional owner=@ann when=paths(a) phase=after -->\n- [ ] five\n- [ ] six\n- [ ] seven\n- [ ] eight\n## C\n- [ ] nine of them all\n- [ ] ten\n  words\n- [] new\n## Post-release\n- [ ] more\n";
    fs::write(directory.join("from.md"), from)?;
    fs::write(directory.join("to.md"), to)?;
    for args in [
        &["lint", "to.md", "--format", "json"][..],
        &["items", "to.md", "--format", "json"],
        &["diff", "--files", "from.md", "to.md", "--format", "json"],
        &["preview", "--files", "to.md", "--format", "json"],
    ] {
        let written: Value = serde_json::from_str(&out(directory, args)?)?;
        let mut found = BTreeSet::new();
        keys(&written, &mut found);
        assert!(found.len() >= 4, "{args:?}: {found:?}");
        let part = part(&page, args.first().copied().unwrap_or_default());
        let part = if args.contains(&"preview") { &page } else { part };
        for key in found {
            assert!(part.contains(&format!("`{key}`")), "{args:?}: nothing explains `{key}`");
        }
    }
    Ok(())
}
