//! Every sentence exists in every language, with the same places, and every key used exists.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser,
};
use pipeline_domain::Language;
use portal_workflow::{Refusal, Role};

type Sentences = BTreeMap<String, BTreeSet<String>>;

#[test]
fn all_languages_have_the_same_keys_and_the_same_places() {
    let english = sentences(Language::En);
    assert!(english.len() > 150);
    for language in Language::ALL {
        let own = sentences(language);
        for (key, places) in &english {
            assert_eq!(own.get(key), Some(places), "{language} {key}");
        }
        let more: Vec<_> = own.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(more.is_empty(), "{language} has more: {more:?}");
    }
}

#[test]
fn every_key_used_in_a_page_exists_and_every_sentence_is_used() {
    let english = sentences(Language::En);
    let (exact, loose) = used();
    for key in &exact {
        assert!(english.contains_key(key), "{key} has no sentence");
    }
    let unused: Vec<_> = english.keys().filter(|key| !loose.contains(*key)).collect();
    assert!(unused.is_empty(), "nothing says {unused:?}");
}

/// Keys that are asked for as such, and every text in the sources that may be one.
fn used() -> (BTreeSet<String>, BTreeSet<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut exact = BTreeSet::new();
    let mut loose = BTreeSet::new();
    for folder in ["templates", "src", "src/pages"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let source = fs::read_to_string(path).unwrap();
                for call in [".t(\"", ".t1(\"", ".count(\""] {
                    exact.extend(source.split(call).skip(1).map(upto_quote));
                }
                loose.extend(source.split('"').map(str::to_owned));
            }
        }
    }
    let made = Role::ALL.iter().map(|role| format!("role-{}", role.name()));
    let made = made.chain(Refusal::ALL.iter().map(|refusal| format!("refusal-{}", refusal.name())));
    let made = made.chain((1..=12).map(|month| format!("month-{month}")));
    exact.extend(made);
    for problem in loose.iter().filter(|key| key.starts_with("problem-")) {
        for part in ["title", "next"] {
            exact.insert(format!("{problem}-{part}"));
        }
        if problem != "problem-refused" {
            exact.insert(format!("{problem}-what"));
        }
    }
    loose.extend(exact.iter().cloned());
    (exact, loose)
}

fn upto_quote(rest: &str) -> String {
    rest.split('"').next().unwrap().to_owned()
}

fn sentences(language: Language) -> Sentences {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("locales").join(language.tag()).join("portal.ftl");
    let source = fs::read_to_string(path).unwrap();
    let resource = parser::parse(source).map_err(|(_, errors)| errors).unwrap();
    let mut sentences = Sentences::new();
    for entry in resource.body {
        if let Entry::Message(message) = entry {
            let mut places = BTreeSet::new();
            collect(&message.value.unwrap(), &mut places);
            let before = sentences.insert(message.id.name.clone(), places);
            assert_eq!(before, None, "{language} {} stands twice", message.id.name);
        }
    }
    sentences
}

fn collect(pattern: &Pattern<String>, places: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => name(inline, places),
            Expression::Select { selector, variants } => {
                name(selector, places);
                for variant in variants {
                    collect(&variant.value, places);
                }
            }
        }
    }
}

fn name(inline: &InlineExpression<String>, places: &mut BTreeSet<String>) {
    if let InlineExpression::VariableReference { id } = inline {
        places.insert(id.name.clone());
    }
}
