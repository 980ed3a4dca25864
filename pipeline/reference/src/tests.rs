//! Lists read from small files of our own, versions in a lake, and hostile input.

use std::fmt::Write;

use pipeline_domain::Timestamp;
use pipeline_exchange::{Location, Store};
use proptest::prelude::*;
use tempfile::TempDir;
use time::{
    Date,
    macros::{date, datetime},
};
use tokio::runtime::{EnterGuard, Runtime};

use crate::*;

const ON: Date = date!(2026 - 11 - 25);
const NOW: Timestamp = datetime!(2026-11-25 14:19 UTC);

fn text(name: &str, text: &str) -> SourceFile {
    SourceFile::of_text(name, text)
}

/// Rows and what was set aside, as one readable text.
fn told<T: Entry>(import: &Import<T>) -> String {
    let mut told = String::new();
    for entry in &import.rows {
        let row = crate::table::row(entry);
        let cell = |(name, _): &(&str, _)| Some(format!("{name}={}", row.get(*name)?));
        let cells: Vec<String> = T::COLUMNS.iter().filter_map(cell).collect();
        writeln!(told, "{}", cells.join(" ")).unwrap();
    }
    writeln!(told, "read {}, folded {}", import.read, import.folded).unwrap();
    for SetAside { file, line, code, reason } in &import.set_aside.rows {
        writeln!(told, "{file}:{line} {code:?} {reason}").unwrap();
    }
    told
}

#[test]
fn an_export_of_sam_becomes_packages_with_their_group() {
    let files = || {
        let actual = text("AMP.xml", include_str!("tests/amp.xml"));
        vec![actual, text("VMP.xml", include_str!("tests/vmp.xml"))]
    };
    let import = import_medicines(files(), ON).unwrap();
    insta::assert_snapshot!(told(&import));
    assert_eq!(import.files.len(), 2);
    // Before 2020 another block held.
    let then = import_medicines(files(), date!(2018 - 01 - 01)).unwrap();
    assert_eq!(then.rows[0].atc.as_ref().unwrap().as_str(), "J01CA01");
}

#[test]
fn a_flat_list_of_medicines_is_read_and_its_bad_rows_are_named() {
    let list = "\u{feff}CNK;ATC;Name NL;DDD;DDD unit;Pack size\n\
        0046128;N05AD01;Voorbeeld 5 mg;8;mg;10\n\
        0046128;N05AD01;Voorbeeld 5 mg;8;mg;10\n\
        0046128;N05AD01;Iets anders;8;mg;10\n\
        46128;N05AD01;Te kort;8;mg;10\n\
        0046129;n05;Geen ATC;8;mg;10\n\
        0046130;;;8;mg;10\n\
        0046131;;Geen getal;veel;mg;10\n\
        0046132;;Te smal\n\
        ;;;;;\n\
        0046133;;Zonder ATC;0,5;mg;\n";
    insta::assert_snapshot!(told(&import_medicines(vec![text("m.csv", list)], ON).unwrap()));
}

#[test]
fn places_are_derived_from_their_codes_and_zones_are_joined() {
    let places = "Code NIS;Niveau;Administratieve eenheden;Entités administratives;van;tot;merged_into\n\
        01000;1;België;Belgique;;;\n\
        44021;5;Gent;Gand;01/01/1977;31/12/9999;\n\
        44011;5;Deinze;Deinze;;2018-12-31;44083\n\
        44083;5;Deinze;Deinze;2019-01-01;;\n\
        21004;;Brussel;Bruxelles;;;\n\
        21004;;Brussel (oud);Bruxelles (ancien);1970-01-01;1980-01-01;\n\
        54007;5;Moeskroen (oud);Mouscron;;;\n\
        71047;5;Opglabbeek;Opglabbeek;;;72042\n\
        72040;5;Een;Un;;;72041\n\
        72041;5;Twee;Deux;;;72040\n\
        4402;5;Kort;Court;;;\n\
        44022;5;;;;;\n\
        44023;5;Omgekeerd;Inversé;2020-01-01;2019-01-01;\n";
    let zones = "zone_code,zone_name_nl,nis,valid_to\n\
        ZA,Zone A,44021,\n\
        ZB,Zone B,44021,\n\
        ZA,Zone A,44011,\n\
        ZA,Zone A,44083,\n\
        ZC,Zone C,99999,\n\
        Z C,Zone C,44021,\n\
        ZD,Zone D,44021,2020-12-31\n";
    let files = || vec![text("refnis.csv", places), text("zones.csv", zones)];
    let import = import_places(files(), ON).unwrap();
    let own = import.rows.iter().filter(|place| place.level > PlaceLevel::Arrondissement);
    let own = Import { rows: own.cloned().collect(), ..import.clone() };
    insta::assert_snapshot!(told(&own));
    // The areas the list lacks stand in from the shipped one.
    assert_eq!(import.rows.len() - own.rows.len(), 3 + 10 + 43);
    assert!(import_places(vec![text("zones.csv", zones)], ON).is_err());
}

#[test]
fn the_atc_index_folds_routes_and_needs_every_parent() {
    let index = "ATC code,ATC level name,DDD,U,Adm.R\n\
        J,Infections,,,\nJ01,Antibiotics,,,\nJ01C,Penicillins,,,\nJ01CA,Broad,,,\n\
        J01CA04,amoxicillin,1.5,g,O\nJ01CA04,amoxicillin,3,g,P\nJ01CA04,something else,,,\n\
        J01FA10,azithromycin,0.3,g,O\nX01,no group,,,\nJ01CA01,,2,g,P\n";
    insta::assert_snapshot!(told(&import_atc(vec![text("atc.csv", index)]).unwrap()));
}

#[test]
fn a_file_of_something_else_is_refused_in_words() {
    let said = |error: ReferenceError| error.to_string();
    let other = || vec![text("x.csv", "a,b\n1,2\n")];
    assert_eq!(
        said(import_atc(other()).unwrap_err()),
        "x.csv has no column for the ATC code; it has a, b"
    );
    assert_eq!(
        said(import_medicines(other(), ON).unwrap_err()),
        "x.csv has no column for the CNK code; it has a, b"
    );
    assert_eq!(
        said(import_places(other(), ON).unwrap_err()),
        "x.csv has no column for the NIS code; it has a, b"
    );
    let broken = vec![text("AMP.xml", "<Export>\n<Amp>\n</Wrong>")];
    assert_eq!(
        said(import_medicines(broken, ON).unwrap_err()),
        "AMP.xml is not well-formed XML at line 3"
    );
    let cut = vec![text("AMP.xml", "<Export>\n<Amp>")];
    assert_eq!(said(import_medicines(cut, ON).unwrap_err()), "reading AMP.xml failed at line 2");
    let empty = vec![text("AMP.xml", "<Export/>")];
    assert!(said(import_medicines(empty, ON).unwrap_err()).starts_with("no row of the list"));
}

#[test]
fn every_shipped_row_holds() {
    let places = import_places(sample::places(), ON).unwrap();
    let atc = import_atc(sample::atc()).unwrap();
    let medicines = import_medicines(sample::medicines(), ON).unwrap();
    for record in [&places.set_aside, &atc.set_aside, &medicines.set_aside] {
        assert_eq!(record.rows, []);
    }
    let arrondissements = Grouping::of_arrondissements(&places.rows);
    let cases = [
        ("44021", Some("44000")),
        // Opglabbeek was merged into a municipality of another arrondissement.
        ("71047", Some("72000")),
        ("99999", None),
        ("44000", None),
    ];
    for (code, want) in cases {
        assert_eq!(arrondissements.of(code), want, "{code}");
    }
    let zones = Grouping::of_primary_care_zones(&places.rows);
    assert_eq!(zones.of("21004"), Some("none"));
    assert_eq!(zones.of("11002"), Some("EX01+EX90"));
    assert_eq!(zones.of("44011"), zones.of("44083"));
    let atc_codes = Grouping::of_atc(&atc.rows, 2);
    assert_eq!(atc_codes.of("J01XX99"), Some("J01"), "of a substance that is not listed");
    assert_eq!(atc_codes.of("V99"), None);
    let by_product = Grouping::of_medicines(&medicines.rows, &atc.rows, 1);
    let all = medicines.rows.iter().all(|row| by_product.of(row.cnk.as_str()).is_some());
    assert!(all, "every shipped package lies in a shipped main group");
}

struct Lake {
    _folder: TempDir,
    store: Store,
}

fn lake(_entered: &EnterGuard<'_>) -> Lake {
    let folder = tempfile::tempdir().unwrap();
    let location: Location = folder.path().to_str().unwrap().parse().unwrap();
    Lake { store: Store::open(&location).unwrap(), _folder: folder }
}

fn provenance() -> Provenance {
    Provenance { name: "test".to_owned(), date: ON, licence: "CC0".to_owned(), files: Vec::new() }
}

#[test]
fn a_version_is_immutable_and_the_same_rows_make_no_second_one() {
    let runtime = Runtime::new().unwrap();
    let entered = runtime.enter();
    let lake = lake(&entered);
    let index = |name: &str| {
        let text_of = format!("code,name\nJ,{name}\nJ01,Antibiotics\nX,bad\n");
        import_atc(vec![text("atc.csv", &text_of)]).unwrap()
    };
    let publish = |import: &Import<AtcGroup>, label, now| {
        publish(&lake.store, import, label, provenance(), now, "hda test").unwrap()
    };
    assert!(matches!(head(&lake.store, Kind::Atc), Err(ReferenceError::NoVersion { .. })));
    let first = publish(&index("Infections"), "2026-10", NOW);
    let again = publish(&index("Infections"), "2026-10", NOW + time::Duration::hours(1));
    assert!(first.is_new && !again.is_new);
    assert_eq!(again.manifest, first.manifest);
    let second = publish(&index("Infection"), "2026-11", NOW + time::Duration::hours(2));

    assert_eq!(head(&lake.store, Kind::Atc).unwrap(), second.manifest);
    assert_eq!(
        versions(&lake.store, Kind::Atc).unwrap(),
        [first.manifest.clone(), second.manifest.clone()]
    );
    let rows = rows::<AtcGroup>(&lake.store, &first.manifest).unwrap();
    assert_eq!(rows, index("Infections").rows);
    assert_eq!(first.manifest.set_aside.values().sum::<u64>(), 1);
    let difference = diff(&lake.store, &first.manifest, &second.manifest).unwrap();
    assert_eq!((difference.added.len(), difference.removed.len()), (0, 0));
    assert_eq!(difference.changed[0].code, "J");

    // No dataset of the lake can be taken for it, and it for no dataset.
    assert!(AREA.parse::<pipeline_domain::DatasetId>().is_err());
    let path = format!("{AREA}/atc/{}/part-00000.parquet", first.manifest.version);
    lake.store.write(&path, b"other".to_vec()).unwrap();
    let said = crate::rows::<AtcGroup>(&lake.store, &first.manifest).unwrap_err().to_string();
    assert!(said.ends_with("differs from its manifest: its digest"), "{said}");
}

#[test]
fn every_list_is_read_back_as_it_was_written() {
    fn there_and_back<T: Entry + std::fmt::Debug>(lake: &Store, import: &Import<T>) {
        let made = publish(lake, import, "sample", provenance(), NOW, "hda test").unwrap();
        assert_eq!(rows::<T>(lake, &made.manifest).unwrap(), import.rows);
        assert!(import.rows.is_sorted_by(|one, other| one.order(other).is_lt()));
    }
    let runtime = Runtime::new().unwrap();
    let entered = runtime.enter();
    let lake = lake(&entered);
    there_and_back(&lake.store, &import_places(sample::places(), ON).unwrap());
    there_and_back(&lake.store, &import_atc(sample::atc()).unwrap());
    there_and_back(&lake.store, &import_medicines(sample::medicines(), ON).unwrap());
}

/// Texts that look a little like a list: pieces of one, in any order.
fn pieces(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(of).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

const XML: &[&str] = &[
    "<Amp code=\"1\" vmpCode=\"70\">",
    "</Amp>",
    "<Ampp>",
    "</Ampp>",
    "<Data from=\"2020-01-01\">",
    "</Data>",
    "<Atc code=\"J01\"/>",
    "<Dmpp code=\"1234567\" codeType=\"CNK\"/>",
    "<Name>",
    "</Name>",
    "<Nl>",
    "</Nl>",
    "text",
    "&amp;",
    "&#0;",
    "&#x110000;",
    "&other;",
    "<![CDATA[x]]>",
    "<!--",
    "-->",
    "<Vmp code=\"70\">",
    "</Vmp>",
    "<VmpGroup code=\"700\">",
    "</VmpGroup>",
    "<ExportVirtualMedicines>",
    "<!DOCTYPE a [<!ENTITY other \"x\">]>",
    "<PackAmount>",
    "\n",
];
const CSV: &[&str] = &[
    "code",
    "nis",
    "cnk",
    "atc",
    "name",
    "zone_code",
    "merged_into",
    "level",
    ",",
    ";",
    "\n",
    "\"",
    "44021",
    "72042",
    "J01CA04",
    "J",
    "1234567",
    "5",
    "2025-01-01",
    "\u{feff}",
    "\r\n",
    "\t",
];

proptest! {
    #[test]
    fn no_input_makes_a_reader_panic(
        xml in pieces(XML),
        csv in pieces(CSV),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        for input in [xml.as_bytes(), csv.as_bytes(), bytes.as_slice()] {
            let file = || vec![SourceFile::of_text("list", input)];
            let _ = import_medicines(file(), ON);
            let _ = import_places(file(), ON);
            let _ = import_atc(file());
        }
    }

    #[test]
    fn every_row_is_kept_folded_or_set_aside(
        rows in prop::collection::vec(("[0-9]{6,7}", "(|J01|J01CA04|x)", "(|a|b)"), 1..40),
    ) {
        let mut list = "cnk,atc,name\n".to_owned();
        for (cnk, atc, name) in &rows {
            writeln!(list, "{cnk},{atc},{name}").unwrap();
        }
        let files = vec![text("m.csv", &list)];
        if let Ok(import) = import_medicines(files, ON) {
            let kept = import.rows.len() as u64;
            prop_assert_eq!(import.read, rows.len() as u64);
            prop_assert_eq!(kept + import.folded + import.set_aside.total(), import.read);
        }
    }
}
