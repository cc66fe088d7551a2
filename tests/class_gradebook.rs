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

fn rows(table: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(table.trim_start_matches('\u{feff}').as_bytes());
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| row.iter().map(str::to_owned).collect())
        .collect()
}

/// The rules by which Canvas reads a table: more than three columns, `Student` first, then `ID`, `Section`
/// as the last of those that identify, no empty score (which would wipe one out), one row for each number.
fn canvas_would_import(table: &str) -> Vec<(String, String)> {
    let rows = rows(table);
    let head = &rows[0];
    assert!(head.len() > 3 && head[0].contains("Student") && head[1].contains("ID"));
    let section = head.iter().position(|h| h.contains("Section")).unwrap();
    assert_eq!(head.len(), section + 2, "one assignment");
    let students = rows[1..]
        .iter()
        .filter(|row| !row[0].contains("Points Possible"));
    let scores: Vec<(String, String)> = students
        .map(|row| (row[1].clone(), row[section + 1].clone()))
        .collect();
    for (id, score) in &scores {
        assert!(score.parse::<f64>().is_ok(), "{id}: {score:?}");
        assert_eq!(scores.iter().filter(|(other, _)| other == id).count(), 1);
    }
    scores
}

fn scores(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    pairs.iter().map(owned).collect()
}

/// As Canvas exports it: a byte order mark, all columns that identify, a row about posting, people of one
/// name, a student number that is another one's number in Canvas, somebody excused, a test student.
const AWKWARD: &str = "\u{feff}Student,ID,SIS User ID,SIS Login ID,Root Account,Section,Lab 3 (98765),Current Score\r\n\
    ,,,,,,Manual Posting,\r\n\
    \"    Points Possible\",,,,,,10,(read only)\r\n\
    \"Bee, Ann\",5001,S1,abee,example.edu,\"NET-01, LAB-A\",4,40\r\n\
    \"Bee, Ann\",5002,5001,abee2,example.edu,NET-01,5,50\r\n\
    \"O'Connor-Núñez, Zoë\",5003,S3,zoe@example.edu,example.edu,NET-01,,\r\n\
    \"Dee, Cid\",5004,S4,cdee,example.edu,NET-01,EX,\r\n\
    \"Student, Test\",5009,,9f3c,example.edu,NET-01,,\r\n";

#[test]
fn an_awkward_canvas_gradebook_gives_each_grade_to_its_own_student() {
    let canvas_id = |id: &'static str, points| grade(id, "", &[("canvas_id", id)], Some(points));
    let by_number = [canvas_id("5001", 1.0), canvas_id("5002", 2.0)];
    let table = canvas(Some(AWKWARD), "Lab 3", &by_number).unwrap();
    assert_eq!(
        canvas_would_import(&table.text),
        scores(&[("5001", "1.00"), ("5002", "2.00")])
    );
    assert!(table.text.starts_with(
        "\u{feff}Student,ID,SIS User ID,SIS Login ID,Root Account,Section,Lab 3 (98765)\n"
    ));
    assert!(
        table
            .text
            .contains("\"Bee, Ann\",5001,S1,abee,example.edu,\"NET-01, LAB-A\",1.00\n")
    );
    // The student number 5001 is not the number 5001 of Canvas.
    let by_student = [grade("5001", "", &[("roster_id", "5001")], Some(3.0))];
    let table = canvas(Some(AWKWARD), "Lab 3", &by_student).unwrap();
    assert_eq!(canvas_would_import(&table.text), []);
    assert!(
        table.remarks[0].starts_with("5001 could be several students of the gradebook"),
        "{:?}",
        table.remarks
    );
    let named = [
        grade("x", "Ann Bee", &[], Some(4.0)),
        grade("y", "Zoë O'Connor-Núñez", &[], Some(5.0)),
        grade("s4", "", &[], Some(6.0)),
    ];
    let table = canvas(Some(AWKWARD), "Lab 3", &named).unwrap();
    assert_eq!(
        canvas_would_import(&table.text),
        scores(&[("5003", "5.00")])
    );
    assert_eq!(
        table.remarks,
        [
            "s4 is excused in Canvas; the grade was left out",
            "x could be several students of the gradebook, or is one of several submissions of the same student; its grade was left out"
        ]
    );
}

#[test]
fn a_canvas_gradebook_with_two_columns_for_the_name_is_filled() {
    let export = "LastName,FirstName,ID,SIS User ID,Section,Lab 3 (98765)\nBee,Ann,5001,S1,A,\nDee,Cid,5002,S2,A,9\n";
    let table = canvas(
        Some(export),
        "98765",
        &[grade("x", "Ann Bee", &[], Some(8.5))],
    )
    .unwrap();
    assert_eq!(
        table.text,
        "LastName,FirstName,ID,SIS User ID,Section,Lab 3 (98765)\nBee,Ann,5001,S1,A,8.50\n"
    );
}

#[test]
fn every_member_of_a_group_gets_its_grade() {
    let group = grade(
        "submission_12",
        "Cid Dee, Eve Eff",
        &[
            ("sid", "S2, S3"),
            ("email", "cid@example.edu, eve@example.edu"),
        ],
        Some(7.0),
    );
    let table = canvas(Some(CANVAS), "Lab 3", std::slice::from_ref(&group)).unwrap();
    assert_eq!(
        canvas_would_import(&table.text),
        scores(&[("5002", "7.00"), ("5003", "7.00")])
    );
    let table = moodle("Lab 3", &[group]);
    assert_eq!(
        table.text,
        "id,email,name,Lab 3,Lab 3 feedback\nS2,cid@example.edu,Cid Dee,7.00,\nS3,eve@example.edu,Eve Eff,7.00,\n"
    );
}

#[test]
fn moodle_s_import_has_no_row_that_moodle_could_refuse_or_misunderstand() {
    let grades = [
        grade("101", "Ann Bee", &[("moodle_id", "101")], Some(8.0)),
        grade(
            "102",
            "Cid Dee",
            &[("moodle_id", "102"), ("email", "cid@example.edu")],
            Some(9.0),
        ),
        grade("s3", "", &[], None),
    ];
    let table = moodle("Lab 3", &grades);
    assert_eq!(
        table.text,
        "id,email,name,Lab 3,Lab 3 feedback\n,cid@example.edu,Cid Dee,9.00,\n"
    );
    assert!(table.remarks[0].starts_with("101 was left out"));
    assert_eq!(table.remarks[1], "s3 has no grade: no sandbox");
}

#[test]
fn a_worksheet_goes_by_its_own_numbers_then_by_name() {
    let sheet = "Identifier,\"Full name\",\"Email address\",Grade,\"Last modified (grade)\"\n\
        \"Participant 101\",\"Ann Bee\",ann@example.edu,,-\n\
        \"Participant 102\",\"Cid Dee\",cid@example.edu,3.00,-\n\
        \"Participant 103\",\"Zoë Núñez\",zoe@example.edu,,-\n\
        \"Participant 104\",\"Zoë Núñez\",zoe2@example.edu,,-\n";
    let grades = [
        // A student number that is Ann's number of participation.
        grade("101", "Cid Dee", &[("roster_id", "101")], Some(8.0)),
        grade(
            "x",
            "Zoë Núñez",
            &[("email", "zoe2@example.edu")],
            Some(9.0),
        ),
        grade("y", "Zoë Núñez", &[], Some(1.0)),
    ];
    let table = moodle_worksheet(sheet, &grades).unwrap();
    let expected = sheet
        .replace("cid@example.edu,3.00", "cid@example.edu,8.00")
        .replace("zoe2@example.edu,,", "zoe2@example.edu,9.00,");
    assert_eq!(table.text, expected);
    assert_eq!(table.remarks.len(), 1, "{:?}", table.remarks);
    assert!(table.remarks[0].starts_with("y could be several students"));
}
