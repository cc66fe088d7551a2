//! What may stand in a page without being escaped: addresses of our own making, and drawings that cannot run
//! or load anything.

/// A relative path as an address: `./` in front, so that no path is taken for a scheme, and everything
/// but plain characters in percent form.
pub fn address(path: &str) -> String {
    let mut out = String::from("./");
    for b in path.trim_start_matches('/').bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(b as char);
            }
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// Elements of a drawing that cannot run or load anything.
const DRAWING: [&str; 14] = [
    "svg", "g", "title", "desc", "style", "rect", "line", "path", "polygon", "polyline", "circle",
    "ellipse", "text", "tspan",
];

/// Whether a drawing holds nothing that could run or load something. The page's policy forbids it anyway.
pub fn is_inert(svg: &str) -> bool {
    let text = svg.to_ascii_lowercase();
    let loads = text.contains("@import") || text.contains("url(");
    let mut tags = text.split('<').skip(1);
    text.trim_start().starts_with("<svg") && !loads && tags.all(is_inert_tag)
}

fn is_inert_tag(from_tag: &str) -> bool {
    let tag = from_tag.split('>').next().unwrap_or(from_tag);
    let mut words = tag
        .trim_start_matches('/')
        .split(|c: char| c.is_whitespace() || c == '/');
    let known = words.next().is_some_and(|name| DRAWING.contains(&name));
    known && !tag.contains("href") && words.all(|word| !word.starts_with("on"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_that_could_run_something_is_not_inert() {
        assert!(is_inert(
            "<svg viewBox=\"0 0 1 1\"><text class=\"a\">href on=x</text></svg>\n"
        ));
        for bad in [
            "<svg onload=alert(1)>",
            "<svg><script>",
            "<svg><a href='x'>",
            "<p>",
        ] {
            assert!(!is_inert(bad), "{bad}");
        }
    }

    #[test]
    fn an_address_stays_below_the_report_and_is_no_scheme() {
        assert_eq!(
            address("javascript:alert(1)"),
            "./javascript%3Aalert%281%29"
        );
        assert_eq!(address("/etc/a b\"<"), "./etc/a%20b%22%3C");
    }
}
