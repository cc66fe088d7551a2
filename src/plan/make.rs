//! A Makefile → the executables it can build. Reads rules and plain variables, as far as students'
//! Makefiles go; runs nothing.

use std::collections::BTreeMap;

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    targets: Vec<String>,
    needs: Vec<String>,
    recipe: String,
}

/// What a Makefile can build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Makefile {
    rules: Vec<Rule>,
}

/// An executable that a Makefile builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its path, relative to the Makefile.
    pub path: String,
    /// The target to ask for.
    pub target: String,
}

/// Rules beyond this number are not read; hand-written files have a dozen.
const MAX_RULES: usize = 500;
/// A line may grow to this by its variables.
const MAX_EXPANDED: usize = 4 << 10;
/// Lines, variables and executables beyond these numbers are not looked at, so that no text makes this slow.
const MAX_LINES: usize = 5000;
const MAX_VARIABLES: usize = 500;
const MAX_PRODUCTS: usize = 100;

impl Makefile {
    /// Reads a Makefile's text. What is not understood is skipped.
    pub fn read(text: &str) -> Makefile {
        let text = text.replace("\r\n", "\n").replace("\\\n", " ");
        let mut variables: BTreeMap<String, String> = BTreeMap::new();
        let mut rules: Vec<Rule> = Vec::new();
        for line in text.lines().take(MAX_LINES) {
            if line.starts_with('\t') {
                if let Some(rule) = rules.last_mut() {
                    let targets = rule.targets.first().cloned().unwrap_or_default();
                    let line = expand(line, &variables).replace("$@", &targets);
                    rule.recipe.push_str(line.trim());
                    rule.recipe.push('\n');
                }
                continue;
            }
            let line = line.split('#').next().unwrap_or("").trim();
            if let Some((name, value)) = assignment(line) {
                if variables.len() < MAX_VARIABLES {
                    variables.insert(name.to_owned(), expand(value, &variables));
                }
            } else if let Some((targets, needs)) = line.split_once(':') {
                if rules.len() == MAX_RULES {
                    break;
                }
                let words = |text: &str| {
                    expand(text, &variables)
                        .split_whitespace()
                        .map(str::to_owned)
                        .collect()
                };
                let (needs, recipe) = needs.split_once(';').unwrap_or((needs, ""));
                rules.push(Rule {
                    targets: words(targets),
                    needs: words(needs.trim_start_matches(':')),
                    recipe: expand(recipe, &variables),
                });
            }
        }
        Makefile { rules }
    }

    /// Everything that looks like an executable: a target that a compiler makes, or what stands after `-o`.
    pub fn products(&self) -> Vec<Product> {
        let mut products: Vec<Product> = Vec::new();
        let mut add = |path: &str, target: &str| {
            let path = path.trim_start_matches("./").to_owned();
            let plain = !path.is_empty()
                && !path.contains(['$', '%', '*', ';', '&', '|', '`'])
                && !path.starts_with(['-', '/'])
                && !path.split('/').any(|part| part == "..");
            let object = [".o", ".a", ".so", ".d", ".c", ".h", ".cpp", ".class"]
                .iter()
                .any(|e| path.ends_with(e));
            if plain
                && !object
                && products.len() < MAX_PRODUCTS
                && !products.iter().any(|p| p.path == path)
            {
                products.push(Product {
                    path,
                    target: target.to_owned(),
                });
            }
        };
        for rule in &self.rules {
            for target in rule
                .targets
                .iter()
                .filter(|t| !t.starts_with('.') && *t != "all" && *t != "clean")
            {
                let outputs = outputs(&rule.recipe);
                if outputs.is_empty() && rule.compiles() {
                    add(target, target);
                }
                for output in outputs {
                    add(&output, target);
                }
            }
        }
        // What `all` needs and no rule makes is made by a built-in rule (`server` from `server.c`).
        for rule in self
            .rules
            .iter()
            .filter(|r| r.targets.iter().any(|t| t == "all"))
        {
            for output in outputs(&rule.recipe) {
                add(&output, "all");
            }
            for need in rule
                .needs
                .iter()
                .filter(|n| !self.rules.iter().any(|r| r.targets.contains(n)))
            {
                add(need, need);
            }
        }
        products
    }
}

impl Rule {
    fn compiles(&self) -> bool {
        let sources = [".c", ".o", ".cpp", ".cc", ".cxx", ".go", ".rs"];
        let from_sources = self
            .needs
            .iter()
            .any(|n| sources.iter().any(|s| n.ends_with(s)));
        let compilers = ["cc ", "gcc ", "g++ ", "c++ ", "clang ", "clang++ "];
        match self.recipe.trim() {
            "" => from_sources,
            recipe => recipe.lines().any(|l| {
                compilers
                    .iter()
                    .any(|c| l.trim_start_matches(['@', '-']).starts_with(c))
            }),
        }
    }
}

fn outputs(recipe: &str) -> Vec<String> {
    let mut list = Vec::new();
    for line in recipe.lines() {
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            if word == "-o" {
                list.extend(words.next().map(str::to_owned));
            } else if let Some(path) = word
                .strip_prefix("-o")
                .filter(|p| !p.is_empty() && !p.starts_with('='))
            {
                list.push(path.to_owned());
            }
        }
    }
    list
}

fn assignment(line: &str) -> Option<(&str, &str)> {
    let at = line.find('=')?;
    let name = line[..at].trim_end_matches([':', '?', '+', '!']).trim();
    let plain = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    plain.then(|| (name, line[at + 1..].trim()))
}

/// Replaces `$(NAME)` and `${NAME}` by values that are already known; the usual names of compilers by theirs.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let close = match rest.as_bytes().get(1) {
            Some(b'(') => ')',
            Some(b'{') => '}',
            _ => {
                out.push('$');
                rest = &rest[1..];
                continue;
            }
        };
        let Some(end) = rest.find(close) else { break };
        let name = &rest[2..end];
        let usual = match name {
            "CC" => "cc",
            "CXX" => "c++",
            _ => "",
        };
        out.push_str(variables.get(name).map_or(usual, String::as_str));
        rest = &rest[end + 1..];
        if out.len() > MAX_EXPANDED {
            return out;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<(String, String)> {
        Makefile::read(text)
            .products()
            .into_iter()
            .map(|p| (p.path, p.target))
            .collect()
    }

    fn pair(path: &str, target: &str) -> (String, String) {
        (path.into(), target.into())
    }

    #[test]
    fn executables_are_found_by_target_and_by_output_option() {
        assert_eq!(
            paths("server: server.c\n\tgcc server.c -o server\n"),
            [pair("server", "server")]
        );
        assert_eq!(
            paths("all:\n\tgcc s.c -o bin/srv\n\tgcc c.c -o cli\n"),
            [pair("bin/srv", "all"), pair("cli", "all")]
        );
        assert_eq!(
            paths("build: x.c\n\t$(CC) -o $@ $^\n"),
            [pair("build", "build")]
        );
        assert_eq!(
            paths("all: server client\nclean:\n\trm -f server\n"),
            [pair("server", "server"), pair("client", "client")]
        );
        assert_eq!(
            paths(
                "T = server\nO := a.o\n$(T): $(O)\n\t$(CC) $(O) -o $(T)\na.o: a.c\n\tcc -c a.c -o a.o\n"
            ),
            [pair("server", "server")]
        );
    }

    #[test]
    fn targets_that_only_run_something_are_no_executables() {
        assert!(
            paths(".PHONY: run\nrun:\n\tpython3 server.py\nserver:\n\tpython3 server.py\n")
                .is_empty()
        );
    }

    #[test]
    fn paths_out_of_the_folder_are_not_taken() {
        assert!(paths("a: a.c\n\tcc -o ../../x a.c\nb: b.c\n\tcc -o /etc/x b.c\n").is_empty());
    }

    #[test]
    fn variables_that_double_themselves_stay_bounded() {
        let mut text = String::from("A = xxxxxxxxxx\n");
        for _ in 0..60 {
            text.push_str("A = $(A)$(A)$(A)$(A)\n");
        }
        text.push_str("$(A): a.c\n\tcc -o $(A) a.c\n");
        assert!(
            Makefile::read(&text)
                .products()
                .iter()
                .all(|p| p.path.len() < 100_000)
        );
    }
}
