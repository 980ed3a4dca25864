//! Words in four languages: the code names keys, the Fluent files hold the sentences.

use std::{borrow::Cow, collections::HashMap};

use fluent_templates::{Loader, fluent_bundle::FluentValue, static_loader};
use pipeline_domain::Language;
use unic_langid::{LanguageIdentifier, langid};

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "en",
        // HTML has its own means against mixed directions, and no language here needs them.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// Values a sentence has places for.
pub(crate) type Arguments = HashMap<Cow<'static, str>, FluentValue<'static>>;

/// The sentence with this key.
pub(crate) fn text(language: Language, key: &str) -> String {
    LOCALES.try_lookup(&identifier(language), key).unwrap_or_else(|| missing(key))
}

/// The sentence with this key, its places filled.
pub(crate) fn text_with(language: Language, key: &str, arguments: &Arguments) -> String {
    LOCALES
        .try_lookup_with_args(&identifier(language), key, arguments)
        .unwrap_or_else(|| missing(key))
}

fn missing(key: &str) -> String {
    tracing::error!(key, "a text has no translation");
    format!("⟦{key}⟧")
}

fn identifier(language: Language) -> LanguageIdentifier {
    match language {
        Language::Nl => langid!("nl"),
        Language::Fr => langid!("fr"),
        Language::De => langid!("de"),
        Language::En => langid!("en"),
    }
}
