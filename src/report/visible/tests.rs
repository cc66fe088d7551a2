use super::*;
use crate::verdict::Outcome;

fn check(id: &str, title: &str, hidden: Hidden, points: f64, max: f64) -> CheckResult {
    serde_json::from_value(serde_json::json!({
        "id": id, "title": title, "level": "must", "bonus": false, "hidden": hidden,
        "outcome": "passed", "points": points, "max": max, "duration_ms": 10.0,
        "findings": [], "repeat": "",
    }))
    .expect("a check")
}

fn card(checks: Vec<CheckResult>) -> Scorecard {
    let score: f64 = checks.iter().map(|c| c.points).sum();
    let max: f64 = checks.iter().map(|c| c.max).sum();
    serde_json::from_value(serde_json::json!({
        "version": 1, "socklab": "0.1.0", "exercise": "e", "lab": "l", "title": "E",
        "submission": {"key": "s1001"}, "seed": 1, "isolation": "A", "started": "2026-11-20T10:00:00Z",
        "duration_ms": 500.0, "status": "graded", "score": score, "max": max, "bonus": 0.0,
        "waiting": 0.0, "checks": checks, "programs": [],
    }))
    .expect("a scorecard")
}

fn three() -> Scorecard {
    card(vec![
        check("open", "Open", Hidden::Never, 2.0, 3.0),
        check("later", "Later", Hidden::UntilDue, 0.1, 4.0),
        check("secret", "Secret", Hidden::Always, 0.2, 5.0),
    ])
}

#[test]
fn each_audience_sees_its_checks_and_their_totals_only() {
    let seen = |audience| {
        let visible = Visible::new(three(), Extras::default(), audience);
        let ids: Vec<String> = visible.card().checks.iter().map(|c| c.id.clone()).collect();
        (ids.join(" "), visible.card().score, visible.card().max)
    };
    assert_eq!(seen(Audience::Student), ("open".into(), 2.0, 3.0));
    assert_eq!(
        seen(Audience::StudentAfterDue),
        ("open later".into(), 2.1, 7.0)
    );
    assert_eq!(
        seen(Audience::Instructor),
        ("open later secret".into(), 2.3, 12.0)
    );
}

#[test]
fn the_whole_grade_stays_known_for_platforms() {
    let visible = Visible::new(three(), Extras::default(), Audience::Student);
    let hidden = visible.withheld().expect("two are withheld");
    assert_eq!((visible.grade().score, visible.grade().max), (2.3, 12.0));
    assert_eq!((hidden.checks, hidden.points, hidden.max), (2, 0.3, 9.0));
    assert_eq!(
        visible.card().duration_ms,
        10.0,
        "the time of hidden checks shows"
    );
}

#[test]
fn nothing_names_a_hidden_check() {
    let mut card = three();
    card.notes = vec!["“Secret” was slow".into(), "2 files left out".into()];
    card.checks[0].outcome = Outcome::NotRun;
    card.checks[0].findings = vec![Finding {
        cause: "needs".into(),
        message: "Not run: needs `secret`.".into(),
        hint: "see Secret".into(),
        ..Finding::default()
    }];
    let mut extras = Extras::default();
    for id in ["open", "secret"] {
        extras.ladder.insert(id.into(), "SYN".into());
        extras.svg.insert(id.into(), "<svg/>".into());
        extras
            .captures
            .insert(id.into(), Capture::Beside("x.pcapng".into()));
    }
    let visible = Visible::new(card, extras, Audience::StudentAfterDue);
    let all = format!("{visible:?}").to_lowercase();
    assert!(!all.contains("secret"), "{all}");
    assert_eq!(visible.card().notes, ["2 files left out"]);
    assert_eq!(visible.extras().svg.len(), 1);
}

#[test]
fn a_word_that_only_holds_the_id_is_not_its_name() {
    assert!(names("needs `flood`", "flood") && !names("flooding", "flood"));
    assert!(!names("anti-flood", "flood"));
}
