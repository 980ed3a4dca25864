//! Who may know whom.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

type Edges = BTreeMap<String, BTreeSet<String>>;

const PAGE: &str = include_str!("../../docs/ARCHITECTURE.md");

/// The list in docs/ARCHITECTURE.md: one line a crate, `crate: crate crate`.
fn written() -> Edges {
    let block = PAGE.split("```edges").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let line = |line: &str| {
        let (name, knows) = line.split_once(':').unwrap();
        (name.trim().to_owned(), knows.split_whitespace().map(str::to_owned).collect())
    };
    block.lines().filter(|text| !text.trim().is_empty()).map(line).collect()
}

fn built() -> Edges {
    let metadata =
        MetadataCommand::new().no_deps().other_options(["--locked".to_owned()]).exec().unwrap();
    let names: BTreeSet<String> =
        metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let edges = metadata.packages.iter().map(|package| {
        let ours = package.dependencies.iter().filter(|dependency| {
            dependency.kind == DependencyKind::Normal && names.contains(&dependency.name)
        });
        (package.name.to_string(), ours.map(|dependency| dependency.name.clone()).collect())
    });
    edges.collect()
}

#[test]
fn every_edge_between_crates_is_a_written_one() {
    assert_eq!(built(), written());
}

/// Everything a crate can reach.
fn reach(edges: &Edges, from: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        for next in &edges[&name] {
            if seen.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    seen
}

#[test]
fn what_must_not_be_known_cannot_be_reached() {
    let edges = built();
    let forbidden = [
        ("pipeline-ttp", &["pipeline-identity", "pipeline-extract", "pipeline-ingest"][..]),
        ("pipeline-ingest", &["pipeline-identity", "pipeline-extract", "pipeline-ttp"]),
        ("pipeline-extract", &["pipeline-ttp", "pipeline-ingest"]),
        ("pipeline-aggregate", &["pipeline-identity", "pipeline-keys"]),
        ("pipeline-disclosure", &["pipeline-identity", "pipeline-keys"]),
        ("pipeline-release", &["pipeline-identity", "pipeline-keys", "pipeline-aggregate"]),
        (
            "portal-web",
            &["pipeline-identity", "pipeline-keys", "pipeline-aggregate", "pipeline-release"],
        ),
        ("catalog", &["pipeline-identity", "pipeline-keys", "pipeline-exchange"]),
    ];
    for (crate_name, unknown) in forbidden {
        let reached = reach(&edges, crate_name);
        for other in unknown {
            assert!(!reached.contains(*other), "{crate_name} reaches {other}");
        }
    }
}

#[test]
fn big_and_dangerous_crates_have_one_home() {
    let metadata =
        MetadataCommand::new().no_deps().other_options(["--locked".to_owned()]).exec().unwrap();
    let homes = |wanted: &str| -> BTreeSet<String> {
        let uses = |package: &&cargo_metadata::Package| {
            package.dependencies.iter().any(|dependency| {
                dependency.kind == DependencyKind::Normal && dependency.name == wanted
            })
        };
        metadata.packages.iter().filter(uses).map(|package| package.name.to_string()).collect()
    };
    let cases = [
        ("datafusion", &["pipeline-aggregate"][..]),
        ("hmac", &["pipeline-keys"]),
        ("hpke", &["pipeline-keys"]),
        ("sqlx", &["portal-store"]),
        ("argon2", &["pipeline-keys", "portal-store"]),
        ("oxttl", &["catalog"]),
    ];
    for (wanted, want) in cases {
        let want: BTreeSet<String> = want.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(homes(wanted), want, "{wanted}");
    }
}
