//! What students may not see does not reach them, in any format, gradebook or folder.

use super::fixtures::{self, instructor, student};
use super::{class, of_class, one};
use socklab::class::gradebook::grades;
use socklab::report::{Audience, Class, Extras, Format, RunFacts, Visible};

#[test]
fn nothing_of_a_hidden_check_reaches_a_student_in_any_format() {
    let secrets = [
        "Secret flood",
        "SECRET-INPUT",
        "secret-cause",
        "flood.pcapng",
        "\"flood\"",
        "--only flood",
    ];
    for audience in [Audience::Student, Audience::StudentAfterDue] {
        let visible = Visible::new(fixtures::awkward(), Extras::default(), audience);
        let mut many = Class::new("Class", RunFacts::default());
        many.add(&visible, None);
        let mut texts: Vec<String> = Format::ALL.iter().map(|f| one(*f, &visible)).collect();
        texts.extend(of_class().map(|f| class(f, &many)));
        for text in texts {
            let found: Vec<&&str> = secrets.iter().filter(|s| text.contains(**s)).collect();
            assert!(found.is_empty(), "{found:?} in\n{text}");
            let late = text.contains("Late secret");
            assert!(!late || audience == Audience::StudentAfterDue, "{text}");
        }
    }
}

#[test]
fn formats_that_carry_the_grade_carry_all_of_it() {
    let visible = student(fixtures::awkward());
    let score: serde_json::Value =
        serde_json::from_str(&one(Format::Classroom50, &visible)).unwrap();
    assert_eq!(
        (&score["score"], &score["max-score"]),
        (&333.into(), &1275.into())
    );
    let lines = one(Format::Autolab, &visible);
    assert!(
        lines
            .trim_end()
            .ends_with("{\"tcp-echo-server\":3.333333}}"),
        "{lines}"
    );
    let shown: serde_json::Value = serde_json::from_str(&one(Format::Json, &visible)).unwrap();
    assert_eq!(
        (&shown["score"], &shown["withheld_checks"]),
        (&2.333333.into(), &2.into())
    );
}

#[test]
fn gradescope_s_tests_name_nothing_that_those_who_see_them_may_not_know() {
    let text = one(Format::Gradescope, &instructor(fixtures::awkward()));
    let mut all: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let tests = all["tests"].take();
    let tests = tests.as_array().expect("tests");
    for test in tests {
        let text = test.to_string();
        let (always, late) = (text.contains("Secret flood"), text.contains("Late secret"));
        match test["visibility"].as_str().expect("a visibility") {
            "visible" => assert!(!always && !late, "{text}"),
            "after_due_date" => assert!(!always && late, "{text}"),
            _ => assert!(always, "{text}"),
        }
    }
    assert!(
        !all.to_string().contains("ecret"),
        "beside the tests: {all}"
    );
}

#[test]
fn a_gradebook_s_feedback_names_nothing_that_is_hidden() {
    let grades = grades([fixtures::awkward()]);
    let feedback = &grades[0].feedback;
    assert!(!feedback.contains("ecret"), "{feedback}");
    assert!(
        feedback.contains("Sends back all words: 0/1") && feedback.ends_with("hidden checks: 1/3"),
        "{feedback}"
    );
}
