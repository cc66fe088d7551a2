//! Grades of a class as the tables that platforms import.

use std::collections::BTreeMap;

use socklab::class::gradebook::{Grade, canvas, moodle, moodle_worksheet, plain};

fn grade(key: &str, name: &str, facts: &[(&str, &str)], points: Option<f64>) -> Grade {
    Grade {
        key: key.into(),
        name: name.into(),
        facts: facts
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect::<BTreeMap<_, _>>(),
        exercises: vec![("TCP echo server".into(), points, 10.0)],
        waiting: 0.0,
        feedback: String::new(),
        error: points.is_none().then(|| "no sandbox".into()),
    }
}

const CANVAS: &str = "Student,ID,SIS User ID,SIS Login ID,Section,Lab 2 (76),Lab 3 (98765)\n\
    \"    Points Possible\",,,,,5,10\n\
    \"Bee, Ann\",5001,S1,abee,NET-01,4,\n\
    \"Dee, Cid\",5002,S2,cdee,NET-01,5,9\n\
    \"Eff, Eve\",5003,S3,eeff,NET-02,,\n";

#[test]
fn an_exported_canvas_gradebook_is_filled_for_the_graded_only() {
    let grades = [
        grade("5001", "", &[("canvas_id", "5001")], Some(8.0)),
        grade("s2", "", &[("roster_id", "S2")], None),
        grade("x", "Eve Eff", &[], Some(7.25)),
        grade("stranger", "", &[], Some(1.0)),
    ];
    let table = canvas(Some(CANVAS), "Lab 3", &grades).unwrap();
    assert_eq!(
        table.text,
        "Student,ID,SIS User ID,SIS Login ID,Section,Lab 3 (98765)\n\
         \"    Points Possible\",,,,,10\n\
         \"Bee, Ann\",5001,S1,abee,NET-01,8.00\n\
         \"Eff, Eve\",5003,S3,eeff,NET-02,7.25\n"
    );
    assert_eq!(
        table.remarks,
        [
            "s2 has no grade: no sandbox",
            "stranger is not in the gradebook; its grade was left out"
        ]
    );
}

#[test]
fn a_canvas_assignment_is_found_by_title_or_number() {
    let grades = [grade("5001", "", &[], Some(8.0))];
    for title in ["Lab 3", "98765", "Lab 3 (98765)"] {
        assert!(
            canvas(Some(CANVAS), title, &grades)
                .unwrap()
                .text
                .starts_with("Student,ID,SIS User ID,SIS Login ID,Section,Lab 3 (98765)\n")
        );
    }
    let new = canvas(Some(CANVAS), "Lab 9", &grades).unwrap();
    assert!(new.remarks[0].contains("no assignment `Lab 9`"));
}

#[test]
fn a_canvas_table_is_made_without_an_export() {
    let grades = [grade(
        "s1001",
        "=HYPERLINK(1)",
        &[("canvas_id", "5001"), ("email", "ann@example.edu")],
        Some(8.0),
    )];
    let text = canvas(None, "Lab 3", &grades).unwrap().text;
    assert!(text.contains("'=HYPERLINK(1),5001,,ann,,8.00\n"), "{text}");
}

#[test]
fn what_is_no_gradebook_is_refused() {
    assert!(
        canvas(Some("a,b\n1,2\n"), "Lab", &[])
            .unwrap_err()
            .to_string()
            .contains("it has no column `Student`")
    );
    assert!(canvas(Some(""), "Lab", &[]).is_err());
    assert!(
        moodle_worksheet("a,b\n", &[])
            .unwrap_err()
            .to_string()
            .contains("it has no column `identifier`")
    );
}

#[test]
fn moodle_s_import_has_one_row_per_graded_student() {
    let mut one = grade(
        "101",
        "Ann Bee",
        &[
            ("moodle_id", "101"),
            ("roster_id", "s1001"),
            ("email", "ann@example.edu"),
        ],
        Some(8.0),
    );
    one.feedback = "half-close: 0/2 (answered \"no\", then stopped)".into();
    let table = moodle("Lab 3", &[one, grade("102", "", &[], None)]);
    assert_eq!(
        table.text,
        "id,email,name,Lab 3,Lab 3 feedback\n\
         s1001,ann@example.edu,Ann Bee,8.00,\"half-close: 0/2 (answered \"\"no\"\", then stopped)\"\n"
    );
}

#[test]
fn a_worksheet_is_filled_and_otherwise_untouched() {
    let sheet = "\u{feff}Identifier,\"Full name\",Status,Grade,\"Maximum Grade\",\"Grade can be changed\",\"Last modified (grade)\",\"Feedback comments\"\r\n\
        \"Participant 101\",\"Ann, Bee\",\"Submitted\nlate\",,10.00,Yes,-,\r\n\
        \"Participant 102\",\"Cid Dee\",Submitted,5.00,10.00,Yes,-,old\r\n\
        \"Participant 103\",\"Eve Eff\",Submitted,,10.00,No,-,\r\n";
    let mut one = grade("101", "", &[("moodle_id", "101")], Some(8.5));
    one.feedback = "lost, a bit".into();
    let grades = [
        one,
        grade("102", "", &[("moodle_id", "102")], None),
        grade("103", "", &[("moodle_id", "103")], Some(3.0)),
    ];
    let table = moodle_worksheet(sheet, &grades).unwrap();
    let expected = sheet.replace(
        "late\",,10.00,Yes,-,\r",
        "late\",8.50,10.00,Yes,-,\"lost, a bit\"\r",
    );
    assert_eq!(table.text, expected);
    assert_eq!(
        table.remarks,
        [
            "102 has no grade: no sandbox",
            "103: the grade can no longer be changed in Moodle"
        ]
    );
}

#[test]
fn the_plain_table_shows_everybody_and_calls_nobody_zero() {
    let table = plain(&[
        grade("s1001", "Ann Bee", &[], Some(0.0)),
        grade("@s1002", "", &[], None),
    ]);
    assert_eq!(
        table.text,
        "submission,name,id,email,section,TCP echo server,total,max,waiting,remark\n\
         s1001,Ann Bee,,,,0,0,10,0,\n\
         '@s1002,,,,,,,10,0,not graded: no sandbox\n"
    );
}

#[test]
fn a_class_without_submissions_makes_tables_without_rows() {
    assert_eq!(plain(&[]).text.lines().count(), 1);
    assert_eq!(moodle("Lab", &[]).text.lines().count(), 1);
}
