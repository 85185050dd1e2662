//! Each form in which people write a box, and what becomes of it. The table is `tests/forms.json`; what GitHub's own library
//! says of the same texts is asked in `tests/oracle`.

use holdpoint::checklist::{lint, parse::parse};
use serde::Deserialize;

#[derive(Deserialize)]
struct Form {
    form: String,
    text: String,
    /// `LINE [ ] TEXT`, with a `>` before the box for each level of nesting.
    items: Vec<String>,
    /// Line of each problem about a box, and words of it.
    #[serde(default)]
    told: Vec<(usize, String)>,
}

#[test]
fn every_form_of_a_box_is_read_as_github_shows_it_and_doubtful_ones_are_told() {
    let forms: Vec<Form> = serde_json::from_str(include_str!("../forms.json")).expect("a table of forms");
    assert!(forms.len() > 90, "only {} forms", forms.len());
    let mut wrong = Vec::new();
    for Form { form, text, items: expected, told } in forms {
        let (list, mut problems) = parse(&text);
        problems.extend(lint::lint(&text, &list));
        problems.retain(|p| !p.message.contains("no items") && !p.message.contains("the same item"));
        let shown = |i: &holdpoint::checklist::Item| {
            let tick = if i.checked { 'x' } else { ' ' };
            format!("{} {}[{tick}] {}", i.line, ">".repeat(i.depth), i.text).trim_end().to_owned()
        };
        let items: Vec<String> = list.items.iter().map(shown).collect();
        if items != expected {
            wrong.push(format!("{form}: {text:?}\n  expected {expected:?}\n  read     {items:?}"));
        }
        problems.sort_by_key(|p| p.line);
        let as_told = problems.len() == told.len()
            && problems
                .iter()
                .zip(&told)
                .all(|(p, (line, words))| p.line == *line && p.message.contains(words.as_str()));
        if !as_told {
            let said: Vec<String> = problems.iter().map(|p| format!("{} {}", p.line, p.message)).collect();
            wrong.push(format!("{form}: {text:?}\n  expected {told:?}\n  told     {said:?}"));
        }
        for item in &list.items {
            assert!(text.get(item.box_at - 1..item.box_at).is_some_and(|open| open == "["), "{form}: the box's byte");
            assert!(item.span.contains(&item.box_at), "{form}: the item's span");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
