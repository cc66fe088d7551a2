pub fn check(
    _: &super::model::Spec,
    _: &super::tree::Node,
    _: &str,
    _: &str,
) -> Vec<crate::diag::Diagnostic> {
    Vec::new()
}
