//! Which file of a submission is taken for which program, why, and how it is built.

use socklab::plan::{
    Files, FoundProgram, Language, ProgramProblem, find_programs, plan, stable_seed,
};
use socklab::spec::Spec;

const SERVER: &str = "import socket\ns = socket.socket()\ns.bind(('', 1))\ns.listen()\n";
const CLIENT: &str = "import socket\ns = socket.socket()\ns.connect(('', 1))\n";

fn spec(programs: &str) -> Spec {
    let text = format!(
        "version: 1\nexercise: tcp-echo-server\ntitle: x\npoints: 1\nprograms: {programs}\nchecks: []\n"
    );
    serde_yaml::from_str(&text).expect("the test's own spec is right")
}

fn server_spec() -> Spec {
    spec("{server: {files: [server.py, echo-server.py], listens: {tcp: 65432}}}")
}

fn pair_spec() -> Spec {
    spec(
        "{client: {files: [client.py], connects: {tcp: 1}}, server: {files: [server.py], listens: {tcp: 1}}}",
    )
}

fn one(spec: &Spec, files: &Files) -> FoundProgram {
    find_programs(spec, files).remove(0)
}

fn server(pairs: &[(&str, &str)]) -> FoundProgram {
    one(&server_spec(), &Files::of(pairs.iter().copied()))
}

fn problem(pairs: &[(&str, &str)]) -> String {
    server(pairs).problem.expect("a problem").to_string()
}

#[test]
fn a_file_with_the_wanted_name_is_taken_without_remark() {
    let found = server(&[("server.py", SERVER), ("other_server.py", SERVER)]);
    assert_eq!(found.file.as_deref(), Some("server.py"));
    assert_eq!(found.remark, "");
    assert_eq!(found.recipe.run, ["python3", "server.py"]);
}

#[test]
fn names_are_found_in_other_case_and_in_folders() {
    let found = server(&[("lab/Echo-Server.PY", SERVER), ("lab/readme.txt", "x")]);
    assert_eq!(found.file.as_deref(), Some("lab/Echo-Server.PY"));
    assert_eq!(found.recipe.dir, "lab");
    assert_eq!(found.recipe.run, ["python3", "Echo-Server.PY"]);
}

#[test]
fn the_first_name_of_the_spec_wins() {
    let found = server(&[("echo-server.py", SERVER), ("z/server.py", SERVER)]);
    assert_eq!(found.file.as_deref(), Some("z/server.py"));
}

#[test]
fn renamed_copies_are_taken_with_a_remark() {
    for name in [
        "server (1).py",
        "server-2.py",
        "SERVER_.py",
        "server - Copy.py",
    ] {
        let found = server(&[(name, SERVER)]);
        assert_eq!(found.file.as_deref(), Some(name));
        assert_eq!(found.remark, format!("{name} was taken for server.py"));
    }
}

#[test]
fn the_wanted_name_in_another_language_is_taken() {
    let found = server(&[("server.c", "int main(void) { return 0; }")]);
    assert_eq!((found.language, found.problem), (Language::C, None));
}

#[test]
fn a_name_without_extension_stands_for_any_language() {
    let spec = spec("{server: {files: [server]}}");
    for (name, text) in [
        ("server.py", SERVER),
        (
            "Server.java",
            "public class Server { public static void main(String[] a) {} }",
        ),
        ("server.js", "x"),
    ] {
        assert_eq!(
            one(&spec, &Files::of([(name, text)])).file.as_deref(),
            Some(name)
        );
    }
}

#[test]
fn the_folder_of_the_exercise_wins_over_others() {
    let found = server(&[
        ("server.py", CLIENT),
        ("lab2/tcp-echo-server/srv.py", SERVER),
        ("udp-echo-server/server.py", SERVER),
    ]);
    assert_eq!(found.file.as_deref(), Some("lab2/tcp-echo-server/srv.py"));
    let found = server(&[("udp/server.py", SERVER), ("tcp/server.py", SERVER)]);
    assert_eq!(found.file.as_deref(), Some("tcp/server.py"));
}

#[test]
fn equal_names_in_unrelated_folders_are_asked_about() {
    let text = problem(&[("a/server.py", SERVER), ("b/server.py", SERVER)]);
    assert_eq!(
        text,
        "2 files could be server.py: a/server.py, b/server.py; rename the right one to server.py"
    );
}

#[test]
fn the_only_program_is_taken_whatever_its_name() {
    let found = server(&[
        ("main.py", SERVER),
        ("notes.txt", "x"),
        ("test_main.py", "x = 1"),
    ]);
    assert_eq!(found.file.as_deref(), Some("main.py"));
    assert!(
        found.remark.contains("the only program here") || found.remark.contains("listen()"),
        "{}",
        found.remark
    );
}

#[test]
fn a_role_is_found_by_the_words_of_its_name() {
    let found = server(&[("my_srv.py", SERVER), ("my_cli.py", CLIENT)]);
    assert_eq!(found.file.as_deref(), Some("my_srv.py"));
    assert!(
        found.remark.contains("named most like a server"),
        "{}",
        found.remark
    );
}

#[test]
fn a_role_is_found_by_the_calls_in_its_code() {
    let programs = find_programs(
        &pair_spec(),
        &Files::of([("a.py", SERVER), ("b.py", CLIENT)]),
    );
    assert_eq!(programs[0].file.as_deref(), Some("b.py"));
    assert_eq!(programs[1].file.as_deref(), Some("a.py"));
    assert!(
        programs[1].remark.contains("listen() (line 4)"),
        "{}",
        programs[1].remark
    );
}

#[test]
fn helper_modules_are_no_programs() {
    let found = server(&[("app.py", "import util\nx = 1\n"), ("util.py", "x = 1\n")]);
    assert_eq!(found.file.as_deref(), Some("app.py"));
}

#[test]
fn a_client_is_not_taken_for_the_server() {
    let text = problem(&[("thing.py", CLIENT)]);
    assert!(
        text.contains("calls connect() (line 3) and never listens"),
        "{text}"
    );
    assert!(text.contains("rename it to server.py"), "{text}");
}

#[test]
fn several_candidates_are_listed() {
    let text = problem(&[("a.py", SERVER), ("b.py", SERVER), ("c.py", SERVER)]);
    assert_eq!(
        text,
        "3 files could be server.py: a.py, b.py, c.py; rename the right one to server.py"
    );
}

#[test]
fn what_was_handed_in_instead_is_named() {
    for (name, part) in [
        ("lab.ipynb", "is a notebook"),
        ("server.docx", "is a text document"),
        (
            "server.py.txt",
            "is a text file, not a program; hand in the program itself as server.py",
        ),
        ("Server.cs", "is C#, which is not run here"),
        ("servr.dat", "did you mean servr.dat"),
        ("photo.jpg", "is a picture"),
        ("lab2.zip", "is an archive that is empty or damaged"),
    ] {
        let text = problem(&[(name, "x")]);
        assert!(text.contains(part), "{name}: {text}");
    }
}

#[test]
fn nothing_and_empty_files_are_told_apart() {
    assert!(matches!(server(&[]).problem, Some(ProgramProblem::Nothing)));
    assert!(matches!(
        server(&[(".gitkeep", "")]).problem,
        Some(ProgramProblem::Nothing)
    ));
    assert!(matches!(
        server(&[("server.py", " \n")]).problem,
        Some(ProgramProblem::Empty { .. })
    ));
}

#[test]
fn what_had_to_be_left_out_is_named() {
    let mut files = Files::new();
    files.left_out.push(socklab::plan::LeftOut {
        path: "server.py".into(),
        why: "a symbolic link".into(),
    });
    let problem = one(&server_spec(), &files).problem.unwrap();
    assert_eq!(
        problem.to_string(),
        "nothing that can be run was handed in: server.py is a symbolic link"
    );
}

#[test]
fn what_nobody_wrote_is_not_searched() {
    let found = server(&[
        ("__MACOSX/._server.py", "x"),
        ("venv/lib/server.py", SERVER),
        ("node_modules/a/server.js", "x"),
        ("mine.py", SERVER),
    ]);
    assert_eq!(found.file.as_deref(), Some("mine.py"));
}

#[test]
fn python_2_is_named_with_its_line() {
    let found = server(&[("server.py", "import socket\nprint \"up\"\n")]);
    assert_eq!(found.language, Language::Python2);
    assert_eq!(found.recipe.run[0], "python2");
    assert_eq!(
        found.notes,
        ["Python 2: line 2 of server.py uses the print statement"]
    );
}

#[test]
fn traps_of_editors_are_noted() {
    let mut files = Files::new();
    files.insert(
        "server.py",
        b"#!/usr/bin/env python3\r\nif 1:\r\n\tx = 1\r\nif 2:\r\n    x = 2\r\n".to_vec(),
        false,
    );
    let notes = one(&server_spec(), &files).notes.join("\n");
    assert!(
        notes.contains("carriage return") && notes.contains("tabs (line 3)"),
        "{notes}"
    );
    let mut files = Files::new();
    files.insert("server.py", b"\xff\xfex\x00=\x001\x00".to_vec(), false);
    assert!(
        one(&server_spec(), &files)
            .notes
            .join("\n")
            .contains("UTF-16")
    );
    let found = server(&[("server.c", "#include <winsock2.h>\nint main() {}\n")]);
    assert!(
        found
            .notes
            .join("\n")
            .contains("line 1 includes winsock2.h")
    );
}

#[test]
fn a_makefile_that_builds_the_program_wins_over_its_sources() {
    let found = server(&[
        ("src/server.c", "int main() {}"),
        (
            "src/Makefile",
            "all: server\nserver: server.c\n\tgcc -o server server.c\n",
        ),
    ]);
    assert_eq!(found.language, Language::Make);
    assert_eq!(found.recipe.dir, "src");
    assert_eq!(found.recipe.build, [["make", "server"]]);
    assert_eq!(found.recipe.run, ["./server"]);
}

#[test]
fn a_makefile_that_only_runs_a_script_does_not() {
    let found = server(&[
        ("server.py", SERVER),
        ("Makefile", "server:\n\tpython3 server.py\n"),
    ]);
    assert_eq!(found.language, Language::Python3);
}

#[test]
fn all_c_files_are_compiled_when_one_has_main() {
    let found = server(&[
        ("server.c", "#include \"net.h\"\nint main() {}"),
        ("util.c", "int u;"),
        ("net.h", ""),
        ("inc/x.h", ""),
    ]);
    let line = found.recipe.build.last().unwrap();
    assert_eq!(line[0], "cc");
    assert!(
        line.contains(&"util.c".to_owned()) && line.contains(&"-Iinc".to_owned()),
        "{line:?}"
    );
    assert_eq!(found.recipe.run, ["./.socklab/server"]);
}

#[test]
fn with_two_mains_only_what_the_named_one_includes_is_compiled_with_it() {
    let files = [
        (
            "server.c",
            "#include \"net.h\"\n#include \"table.c\"\nint main() {}",
        ),
        ("client.c", "int main() {}"),
        ("net.c", "int n;"),
        ("net.h", "#include \"log.h\""),
        ("log.h", ""),
        ("log.c", "int l;"),
        ("table.c", "int t;"),
        ("junk.c", "int j;"),
    ];
    let line = server(&files).recipe.build.pop().unwrap();
    let has = |name: &str| line.iter().any(|w| w == name);
    assert!(has("net.c") && has("log.c"), "{line:?}");
    assert!(
        !has("client.c") && !has("table.c") && !has("junk.c"),
        "{line:?}"
    );
}

#[test]
fn java_runs_the_class_with_main_in_its_package() {
    let found = server(&[
        (
            "src/org/lab/Server.java",
            "package org.lab;\npublic class Server { public static void main(String[] a) {} }",
        ),
        ("src/org/lab/Client.java", "broken"),
    ]);
    assert_eq!(found.recipe.dir, "src");
    assert_eq!(found.recipe.run.last().unwrap(), "org.lab.Server");
    assert_eq!(
        found.recipe.build.last().unwrap().last().unwrap(),
        "org/lab/Server.java"
    );
}

#[test]
fn a_java_file_renamed_by_the_platform_is_compiled_under_its_class() {
    let found = server(&[(
        "server-1.java",
        "public class EchoServer { public static void main(String[] a) {} }",
    )]);
    assert!(
        found
            .recipe
            .build
            .iter()
            .any(|line| line[0] == "cp" && line[3] == ".socklab/src/EchoServer.java")
    );
    assert_eq!(found.recipe.run.last().unwrap(), "EchoServer");
}

#[test]
fn a_cargo_package_is_built_offline_unless_it_needs_downloads() {
    let manifest = "[package]\nname = \"server\"\nedition = \"2021\"\n";
    let found = server(&[("Cargo.toml", manifest), ("src/main.rs", "fn main() {}")]);
    assert_eq!(found.recipe.run, ["./.socklab/target/debug/server"]);
    let manifest = format!("{manifest}[dependencies]\ntokio = \"1\"\n");
    let text = problem(&[("Cargo.toml", &manifest), ("src/main.rs", "fn main() {}")]);
    assert_eq!(
        text,
        "Cargo.toml needs packages that cannot be downloaded here: tokio"
    );
}

#[test]
fn file_names_are_never_taken_for_options() {
    let found = server(&[("-rf.py", SERVER)]);
    assert_eq!(found.recipe.run, ["python3", "./-rf.py"]);
    let found = server(&[("@x.c", "int main() { listen(); }")]);
    assert!(
        found
            .recipe
            .build
            .last()
            .unwrap()
            .contains(&"./@x.c".to_owned())
    );
}

#[test]
fn names_in_messages_are_escaped() {
    let text = problem(&[("a\u{1b}[31m.py", SERVER), ("b\n.py", SERVER)]);
    assert!(!text.contains('\u{1b}') && !text.contains('\n'), "{text}");
}

#[test]
fn the_seed_follows_from_key_and_exercise() {
    assert_eq!(stable_seed("s1001", "x"), stable_seed("s1001", "x"));
    assert_ne!(stable_seed("s1001", "x"), stable_seed("s1002", "x"));
    let files = Files::of([("server.py", SERVER)]);
    assert_eq!(plan(&server_spec(), &files, "s1001", Some(7)).seed, 7);
}

#[test]
fn a_role_without_names_finds_the_only_program() {
    let spec = spec("{server: {listens: {tcp: 1}}}");
    assert_eq!(
        one(&spec, &Files::of([("x.py", SERVER)])).file.as_deref(),
        Some("x.py")
    );
}

#[test]
fn a_wanted_name_without_extension_is_told_with_one() {
    let spec = spec("{server: {files: [server], listens: {tcp: 1}}}");
    let told = |pairs: &[(&str, &str)]| {
        one(&spec, &Files::of(pairs.iter().copied()))
            .problem
            .expect("a problem")
            .to_string()
    };
    assert!(
        told(&[
            ("a.c", "int main() { listen(); }"),
            ("b.c", "int main() { listen(); }")
        ])
        .ends_with("rename the right one to server.c")
    );
    assert!(told(&[("lab.ipynb", "{}")]).contains("save it as server.py (or .c, .java, …)"));
}

#[test]
fn a_part_of_a_program_is_not_taken_for_it() {
    let spec = spec("{server: {files: [server, echo_server, echo]}}");
    let files = Files::of([
        ("lab/Echo.java", "package lab; class Echo {}"),
        (
            "lab/EchoServer.java",
            "package lab; public class EchoServer { public static void main(String[] a) {} }",
        ),
    ]);
    assert_eq!(
        one(&spec, &files).file.as_deref(),
        Some("lab/EchoServer.java")
    );
    let alone = Files::of([("echo.c", "int echo(void);")]);
    assert!(matches!(
        one(&spec, &alone).problem,
        Some(ProgramProblem::NoMain { .. })
    ));
}

#[test]
fn sources_are_taken_before_what_was_compiled_from_them() {
    let spec = spec("{server: {files: [server]}}");
    for (source, binary) in [("server.c", "server"), ("prog.c", "a.out")] {
        let mut files = Files::of([(source, "int main() { listen(); }")]);
        files.insert(binary, b"\x7fELF\x02".to_vec(), true);
        assert_eq!(one(&spec, &files).file.as_deref(), Some(source));
    }
}

#[test]
fn an_executable_without_extension_is_run_as_it_is() {
    let mut files = Files::new();
    files.insert("server", b"\x7fELF\x02\x01".to_vec(), false);
    let found = one(&spec("{server: {files: [server]}}"), &files);
    assert_eq!(found.language, Language::Executable);
    assert_eq!(found.recipe.run, ["./server"]);
    assert!(files.get("server").is_some_and(|f| f.executable));
}
