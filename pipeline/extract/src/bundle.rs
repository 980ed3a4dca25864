//! The resources in a Bundle, as pieces of its text.

use std::borrow::Cow;

use serde::Deserialize;
use sonic_rs::LazyValue;

/// An entry of a Bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry<'j> {
    /// Where the resource would be found; other entries may refer to it so.
    pub(crate) full_url: Option<String>,
    /// The text of the resource.
    pub(crate) resource: &'j str,
    /// What the entry deletes, where it stands for a deletion and no resource.
    pub(crate) deletes: Option<String>,
}

/// What a transaction asks a server to do with an entry.
#[derive(Deserialize)]
struct Request {
    method: String,
    url: String,
}

/// The entries of a Bundle, whose text is JSON.
pub(crate) fn entries(bundle: &str) -> Vec<Entry<'_>> {
    let Some(list) = member(bundle, "entry") else {
        return Vec::new();
    };
    let entries = sonic_rs::to_array_iter(raw(&list)).map_while(Result::ok);
    entries.filter_map(|entry| as_entry(raw(&entry))).collect()
}

/// Some sources put the resource itself into `entry`, without `resource`.
fn as_entry(entry: &str) -> Option<Entry<'_>> {
    let full_url = member(entry, "fullUrl").and_then(|url| sonic_rs::from_str(raw(&url)).ok());
    let inner = member(entry, "resource").map(|inner| raw(&inner));
    let request = || sonic_rs::from_str::<Request>(raw(&member(entry, "request")?)).ok();
    if inner.is_none()
        && let Some(request) = request()
        && request.method == "DELETE"
    {
        return Some(Entry { full_url, resource: "", deletes: Some(request.url) });
    }
    let resource = inner.filter(|inner| inner.starts_with('{')).unwrap_or(entry);
    resource.starts_with('{').then_some(Entry { full_url, resource, deletes: None })
}

/// A member of an object: the last of its name, as in any other reading of JSON.
fn member<'j>(object: &'j str, name: &str) -> Option<LazyValue<'j>> {
    let members = sonic_rs::to_object_iter(object).map_while(Result::ok);
    members.filter(|(key, _)| **key == *name).map(|(_, value)| value).last()
}

/// The text of a value, which outlives it.
fn raw<'j>(value: &LazyValue<'j>) -> &'j str {
    match value.as_raw_cow() {
        Cow::Borrowed(text) => text,
        // Only a value read from shared bytes is owned, and these are borrowed.
        Cow::Owned(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_in_every_shape() {
        let bundle = r#"{"resourceType":"Bundle","entry":[
            {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"}},
            {"resourceType":"Observation","id":"naked"},
            {"request":{"method":"DELETE","url":"Observation/1"}},
            {"search":{"mode":"match"}}, 7, null]}"#;
        let found: Vec<(Option<&str>, bool)> = entries(bundle)
            .iter()
            .map(|entry| (entry.full_url.as_deref(), entry.resource.contains("resourceType")))
            .map(|(url, has_type)| (url.map(|_| "urn:uuid:1"), has_type))
            .collect();
        assert_eq!(found, [(Some("urn:uuid:1"), true), (None, true), (None, false), (None, false)]);
        let deleted = entries(bundle).into_iter().filter_map(|entry| entry.deletes);
        assert_eq!(deleted.collect::<Vec<_>>(), ["Observation/1"]);
        assert!(entries(r#"{"resourceType":"Bundle"}"#).is_empty());
        assert!(entries(r#"{"entry":{"resource":{}}}"#).is_empty());
    }
}
