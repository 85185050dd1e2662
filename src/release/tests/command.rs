//! Commands in comments, case by case.

use crate::checklist::directive::Phase::{After, Before};
use crate::message::command_problem;
use crate::release::command::Command::{Done, Help, Open, Override, Recheck, Skip, Status, Unclear, Undo};
use crate::release::command::{Command, MAX_COMMANDS, commands};

fn done(items: &[&str]) -> Command {
    Done(items.iter().map(|i| (*i).to_owned()).collect(), String::new())
}

#[test]
fn each_command_is_read() {
    let cases = [
        ("/hp done 3", done(&["3"])),
        ("/hp done #3", done(&["3"])),
        ("/hp done snapshot", done(&["snapshot"])),
        ("/hp done 3, 5,7", done(&["3", "5", "7"])),
        ("/hp done 3 5 7", done(&["3", "5", "7"])),
        ("/hp done 2-4", done(&["2", "3", "4"])),
        ("/HP done 1", Help),
        ("/hp DONE 1", done(&["1"])),
        ("  /hp done 1  ", done(&["1"])),
        ("/hp done 3 snap-4711", Done(vec!["3".to_owned()], "snap-4711".to_owned())),
        ("/hp done snapshot restore", Done(vec!["snapshot".to_owned()], "restore".to_owned())),
        ("/hp undo 3", Undo(vec!["3".to_owned()])),
        ("/hp skip 3 no change to the database", Skip(vec!["3".to_owned()], "no change to the database".to_owned())),
        ("/hp skip 3: 2 servers are down", Skip(vec!["3".to_owned()], "2 servers are down".to_owned())),
        ("/hp skip 3 2 servers are down", Skip(vec!["3".to_owned()], "2 servers are down".to_owned())),
        ("/hp skip drop-id, 4 - not now", Skip(vec!["drop-id".to_owned(), "4".to_owned()], "not now".to_owned())),
        ("/hp undone 3", Undo(vec!["3".to_owned()])),
        ("/hp reopen 3, 4", Undo(vec!["3".to_owned(), "4".to_owned()])),
        ("/hp untick snapshot", Undo(vec!["snapshot".to_owned()])),
        ("/hp override the site is down", Override(Before, "the site is down".to_owned())),
        ("/hp override after the talk we ship", Override(Before, "after the talk we ship".to_owned())),
        ("/hp override-after the talk we ship", Override(After, "the talk we ship".to_owned())),
        ("/hp status", Status),
        ("/hp open", Open(None)),
        ("/hp open v1.4.0", Open(Some("v1.4.0".to_owned()))),
        ("/hp recheck", Recheck),
        ("/hp help", Help),
        ("/hp", Help),
    ];
    for (body, expected) in cases {
        let found = commands(body);
        if body.starts_with("/HP") {
            assert_eq!(found, [], "{body}: commands are written small, as they are shown");
        } else {
            assert_eq!(found, [expected], "{body}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_answered_and_never_guessed() {
    for (body, said) in [
        ("/hp doen 3", "did you mean `/hp done`?"),
        ("/hp approve", "known are done, undo"),
        ("/hp done", "needs an item"),
        ("/hp skip 3", "needs a reason"),
        ("/hp skip 3 4", "needs a reason"),
        ("/hp skip", "needs an item"),
        ("/hp override", "needs a reason"),
        ("/hp override-after", "`/hp override-after` needs a reason"),
        ("/hp undo 3 by mistake", "takes items and nothing else"),
        ("/hp open v1 v2", "takes one tag"),
        ("/hp `@all` x", "is no command"),
    ] {
        match commands(body).as_slice() {
            [Unclear(problem)] => assert!(command_problem::sentence(problem).contains(said), "{body}: {problem:?}"),
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn quotes_code_and_comments_hold_no_commands() {
    for body in [
        "> /hp done 1",
        "> a mail\n/hp done 1",
        "```\n/hp done 1\n```",
        "```\n/hp done 1",
        "    /hp done 1",
        "<!-- \n/hp done 1\n-->",
        "text <!-- a\n/hp done 1 --> text",
        "`a\n/hp done 1\n`",
        "<pre>\n/hp done 1\n</pre>",
        "see /hp done 1",
        "/hpdone 1",
        "/hp-done 1",
        "/help",
    ] {
        assert_eq!(commands(body), [], "{body:?}");
    }
}

#[test]
fn a_comment_may_hold_several_commands_among_other_text() {
    let body = "Good morning,\r\n/hp done 1\r\n/hp skip 2 not on Fridays\r\n\r\n> /hp done 9\n\nthat was it\n\n- /hp done 8\n\n/hp recheck";
    assert_eq!(commands(body), [done(&["1"]), Skip(vec!["2".to_owned()], "not on Fridays".to_owned()), Recheck]);
    assert_eq!(commands(&"/hp recheck\n".repeat(1000)).len(), MAX_COMMANDS);
}
