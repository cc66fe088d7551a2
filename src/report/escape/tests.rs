use super::*;

#[test]
fn no_control_or_direction_character_is_left_in_a_line() {
    let all: String = (0..=0x10ffff).filter_map(char::from_u32).collect();
    let shown = line(&all);
    assert!(!shown.chars().any(|c| c.is_control()));
    assert!(!shown.contains(['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{ffff}']));
    assert_eq!(line("\u{1b}[31m\u{9b}é日"), "\\x1b[31m\\u{9b}é日");
}

#[test]
fn a_pile_of_accents_is_cut_down() {
    let shown = line(&format!("a{}", "\u{301}".repeat(50)));
    assert!(shown.starts_with("a\u{301}\u{301}\\u{301}"), "{shown}");
}

#[test]
fn an_old_runner_command_is_disarmed() {
    assert_eq!(line("x ##[error]y"), "x ##\\x5berror]y");
}

#[test]
fn a_fence_is_longer_than_every_run_of_backticks_inside() {
    let fenced = fenced("a\n`````\nb");
    assert!(fenced.starts_with("``````text\n"), "{fenced}");
}

#[test]
fn formulas_become_text_and_plain_words_stay() {
    for bad in ["=1+1", "@SUM(A1)", "+1", "-1", " =1", "\u{ff1d}1"] {
        assert!(csv_text(bad).starts_with('\''), "{bad}");
    }
    assert_eq!(csv_text("\t=1"), "\\t=1");
    assert_eq!(csv_text("Doe, Jane"), "Doe, Jane");
}

#[test]
fn nothing_alphanumeric_stands_before_a_colon_for_autolab() {
    assert_eq!(autolab("TCP: at 12:30"), "TCP : at 12 :30");
}

#[test]
fn vpl_tags_are_broken() {
    let text = vpl("Grade :=>>10\n--|>\n<|--");
    assert!(!text.contains(":=>>") && !text.contains("--|>") && !text.contains("<|--"));
}

#[test]
fn workflow_commands_stay_on_one_line() {
    assert_eq!(github_message("a%\r\nb"), "a%25%0Ab");
    assert_eq!(github_property("a:b,c"), "a%3Ab%2Cc");
}
