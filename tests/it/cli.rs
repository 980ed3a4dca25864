//! The contract of the command: help, exit codes, one clear error.

use std::fs;

use crate::support::{DEMO, run};

/// Every command, in the order of the help.
const COMMANDS: [&[&str]; 43] = [
    &["demo"],
    &["sample"],
    &["keys", "init"],
    &["keys", "register"],
    &["keys", "domain", "create"],
    &["keys", "domain", "receive"],
    &["keys", "list"],
    &["keys", "activate"],
    &["keys", "retire"],
    &["keys", "compromise"],
    &["keys", "destroy"],
    &["keys", "rewrap"],
    &["keys", "audit"],
    &["fetch"],
    &["views", "list"],
    &["views", "check"],
    &["views", "run"],
    &["views", "test"],
    &["extract"],
    &["submit"],
    &["ttp", "init"],
    &["ttp", "domain"],
    &["ttp", "run"],
    &["ttp", "rekey"],
    &["ttp", "optout"],
    &["ttp", "audit"],
    &["ingest"],
    &["rekey"],
    &["reference", "import"],
    &["reference", "list"],
    &["reference", "show"],
    &["reference", "diff"],
    &["approve"],
    &["aggregate"],
    &["release", "propose"],
    &["release", "seal"],
    &["catalog", "build"],
    &["catalog", "export"],
    &["serve"],
    &["work"],
    &["verify"],
    &["bench", "line"],
    &["bench", "extract"],
];

/// The commands below a command, as its help lists them; none where it is one itself.
fn listed_below(command: &[String]) -> Vec<String> {
    let (code, help, _) = run(&[command, &["--help".to_owned()]].concat());
    assert_eq!(code, 0, "{command:?}");
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let lines = list.lines().take_while(|line| !line.is_empty());
    // What a long description goes on with is indented further.
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

fn commands_below(command: &[String]) -> Vec<Vec<String>> {
    let names = listed_below(command);
    if names.is_empty() {
        return vec![command.to_vec()];
    }
    let below = names.into_iter().map(|name| [command, &[name]].concat());
    below.flat_map(|command| commands_below(&command)).collect()
}

#[test]
fn the_commands_are_these() {
    let want: Vec<Vec<String>> = COMMANDS
        .iter()
        .map(|words| words.iter().map(|word| (*word).to_owned()).collect())
        .collect();
    assert_eq!(commands_below(&[]), want);
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in COMMANDS {
        let (code, help, _) = run(&[command, &["--help"]].concat());
        assert_eq!(code, 0, "{command:?}");
        // The example is of this very command.
        let example = format!("Example:\n  hda {}", command.join(" "));
        assert!(help.contains(&example), "{command:?}");
    }
}

#[test]
fn the_readme_has_a_line_for_every_command() {
    let readme = include_str!("../../README.md");
    let lines: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `hda ")).collect();
    for command in COMMANDS {
        // A line may name several commands of a group: `hda keys init`, `register`.
        let (group, last) = (format!("hda {}", command[0]), command[command.len() - 1]);
        let named =
            |line: &&str| line.contains(&group) && (command.len() == 1 || line.contains(last));
        assert!(lines.iter().any(named), "{command:?}");
    }
}

#[test]
fn wrong_usage_ends_with_code_2() {
    let cases: [&[&str]; 12] = [
        &["extract"],
        &["nonsense"],
        &["demo", "--persons", "0"],
        &["sample", "--bad", "120%"],
        &["fetch", "--out", "exports"],
        &["views"],
        &["views", "check"],
        &["views", "run", "view.json", "--source", ".", "--format", "xml"],
        &["reference", "import", "--kind", "atc", "--lake", "lake"],
        &["reference", "import", "--kind", "atc", "--lake", "lake", "--sample", "--from", "."],
        &["reference", "show", "vmp", "--lake", "lake"],
        &["bench", "line", "--in", "in"],
    ];
    for arguments in cases {
        let (code, out, error) = run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {error}");
    }
}

#[test]
fn what_is_missing_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere").to_string_lossy().into_owned();
    let empty = folder.path().join("empty").to_string_lossy().into_owned();
    fs::create_dir(&empty).unwrap();
    let cases: [(&[&str], &str); 13] = [
        (&["verify", &nowhere], "is no folder"),
        (&["ttp", "run", "--dir", &nowhere], "make one with `hda ttp init`"),
        (&["submit", &nowhere, "--ttp", "memory:", "--hda", "memory:"], "does not exist"),
        (&["serve", "--config", &nowhere], "reading"),
        (&["catalog", "build", "--catalog", &nowhere], "does not exist"),
        (&["views", "check", &nowhere], "reading"),
        (&["views", "test", &nowhere], "check the path, or create it first"),
        (&["views", "test", &empty], "no test file"),
        (&["reference", "list", "--lake", &nowhere], "check the path, or create it first"),
        (&["reference", "show", "atc", "--lake", &empty], "`hda reference import` makes one"),
        (
            &["reference", "diff", "atc:1", "atc:2", "--lake", &empty],
            "`hda reference list` shows those there are",
        ),
        (&["bench", "line", "--in", &nowhere, "--out", &empty], "check the path"),
        (
            &["keys", "domain", "receive", "--dir", &nowhere, "card.json"],
            "make keys with `hda keys init`",
        ),
    ];
    for (arguments, want) in cases {
        let (code, out, error) = run(arguments);
        assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}");
        assert!(error.starts_with("hda: ") && error.contains(want), "{error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    }
    assert!(!folder.path().join("nowhere").exists(), "nothing is left behind");
}

#[test]
fn a_plan_that_no_approval_covers_is_refused_by_policy() {
    let work = DEMO.dir().join("hda/work/influenza-vaccination");
    let plan = DEMO.dir().join("hda/work/influenza-vaccination/approval.json");
    let approved: serde_json::Value = serde_json::from_slice(&fs::read(&plan).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let mut wider = approved["plan"].clone();
    wider["cohort"].as_array_mut().unwrap().pop();
    let mut margins = approved["plan"].clone();
    margins["margins"] = serde_json::json!(["person.nis"]);
    for (name, plan, want) in [("wider", wider, "approv"), ("margins", margins, "margin")] {
        fs::write(path(name), plan.to_string()).unwrap();
        let (code, _, error) = run(&[
            "aggregate",
            "--lake",
            &DEMO.dir().join("hda/lake").to_string_lossy(),
            "--approval",
            &work.join("approval.json").to_string_lossy(),
            "--plan",
            &path(name),
            "--keys",
            &DEMO.dir().join("hda/keys").to_string_lossy(),
            "--out",
            &path("out"),
        ]);
        assert_eq!(code, 3, "{error}");
        assert!(error.contains(want), "{error}");
        assert!(!folder.path().join("out").exists(), "nothing is written");
    }
}
