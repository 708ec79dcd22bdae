//! What came with an address or a form: names and values, in order, a name perhaps more than once.

use form_urlencoded::{Serializer, parse};

#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn parse(text: &[u8]) -> Self {
        Self(parse(text).into_owned().collect())
    }

    /// The value as typed, blanks around it left out; empty where it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.trim())
    }

    /// The value with its blanks, for a password.
    pub fn verbatim(&self, name: &str) -> String {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// `None` for an empty one, too.
    pub fn filled(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.trim())
    }

    /// Those whose names begin so, with the rest of the name: `counted-<id>`.
    pub fn beginning<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.trim())))
    }

    /// For showing a form again: everything but what nobody should read.
    pub fn shown_again(&self) -> Vec<(String, String)> {
        let secret = |name: &str| matches!(name, "password" | "pin");
        self.0.iter().filter(|(name, _)| !secret(name)).cloned().collect()
    }

    /// A path with a query; what is empty is left out.
    pub fn url(path: &str, query: &[(&str, &str)]) -> String {
        let mut text = Serializer::new(String::new());
        for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
            text.append_pair(name, value);
        }
        let text = text.finish();
        if text.is_empty() { path.to_owned() } else { format!("{path}?{text}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_name_and_by_beginning() {
        let fields = Fields::parse(b"do=recount&counted-a=+2+&counted-b=&id=1&id=2&password=x+");
        assert_eq!(fields.get("do"), "recount");
        assert_eq!(fields.beginning("counted-").collect::<Vec<_>>(), [("a", "2"), ("b", "")]);
        assert_eq!(fields.all("id").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.verbatim("password"), "x ");
        assert!(fields.shown_again().iter().all(|(name, _)| name != "password"));
    }

    #[test]
    fn an_address_is_escaped_and_holds_nothing_empty() {
        assert_eq!(
            Fields::url("/login", &[("next", "/office/sales?a=b&c"), ("x", "")]),
            "/login?next=%2Foffice%2Fsales%3Fa%3Db%26c"
        );
        assert_eq!(Fields::url("/office", &[("x", "")]), "/office");
    }
}
