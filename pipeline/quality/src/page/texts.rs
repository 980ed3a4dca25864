//! The words of the page, in the order of [`Language::ALL`]: Dutch, French, German, English.

use pipeline_domain::{Language, quality::Verdict};

use crate::{
    dqv::Dimension,
    drift::DriftKind,
    judge::{Check, Finding},
    view::{MonthCheck, PairCheck},
};

/// Between groups of digits and before a per cent sign: narrow, and no line breaks there.
const NARROW_SPACE: char = '\u{202f}';

/// The words of one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(pub(super) Language);

/// A verdict as the page shows it: a colour, a sign and a word, so that none must be seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct VerdictWords {
    pub(super) class: &'static str,
    pub(super) sign: char,
    pub(super) word: &'static str,
    pub(super) means: &'static str,
}

/// Declares texts, each with its words in every language, so that none can lack one.
macro_rules! texts {
    ($($name:ident: $nl:literal, $fr:literal, $de:literal, $en:literal;)*) => {
        /// A fixed text of the page.
        #[derive(Debug, Clone, Copy)]
        pub(super) enum Text { $($name),* }

        impl Text {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name),*];

            fn words(self) -> [&'static str; 4] {
                match self { $(Self::$name => [$nl, $fr, $de, $en]),* }
            }
        }
    };
}

texts! {
    Title: "Kwaliteit van een levering", "Qualité d’une livraison", "Qualität einer Lieferung", "Quality of a batch";
    SkipToFindings: "Naar de bevindingen", "Aller aux constats", "Zu den Befunden", "To the findings";
    Internal: "Blijft bij de houder. De pagina bevat aantallen, statistieken en codes, en geen identificatie van een persoon.", "Reste chez le détenteur. La page contient des nombres, des statistiques et des codes, et aucun identifiant d’une personne.", "Bleibt beim Dateninhaber. Die Seite enthält Anzahlen, Statistiken und Codes und keine Kennung einer Person.", "Stays with the holder. The page holds counts, statistics and codes, and no identifier of a person.";
    Batch: "Levering", "Livraison", "Lieferung", "Batch";
    Holder: "Houder", "Détenteur", "Dateninhaber", "Holder";
    Day: "Dag", "Jour", "Tag", "Day";
    Persons: "Personen", "Personnes", "Personen", "Persons";
    Read: "Gelezen dossiers", "Enregistrements lus", "Gelesene Einträge", "Records read";
    SetAside: "Apart gezet", "Mis de côté", "Zurückgelegt", "Set aside";
    RulesVersion: "Regels", "Règles", "Regeln", "Rules";
    Findings: "Bevindingen", "Constats", "Befunde", "Findings";
    FindingsCaption: "Wat van de regels afwijkt, het ergste eerst", "Ce qui s’écarte des règles, le plus grave d’abord", "Was von den Regeln abweicht, das Schlimmste zuerst", "What departs from the rules, the worst first";
    NoFindings: "Niets wijkt van de regels af.", "Rien ne s’écarte des règles.", "Nichts weicht von den Regeln ab.", "Nothing departs from the rules.";
    Pass: "In orde", "En ordre", "In Ordnung", "Pass";
    Warn: "Opgelet", "Attention", "Achtung", "Warn";
    Stop: "Stop", "Arrêt", "Halt", "Stop";
    PassMeans: "De levering mag vertrekken.", "La livraison peut partir.", "Die Lieferung kann abgehen.", "The batch may go.";
    WarnMeans: "De levering mag vertrekken, maar kijk eerst naar de bevindingen.", "La livraison peut partir, mais regardez d’abord les constats.", "Die Lieferung kann abgehen, aber sehen Sie zuerst die Befunde an.", "The batch may go, but look at the findings first.";
    StopMeans: "De levering vertrekt niet voordat iemand de bevindingen heeft bekeken.", "La livraison ne part pas avant que quelqu’un ait examiné les constats.", "Die Lieferung geht nicht ab, bevor jemand die Befunde geprüft hat.", "The batch does not go before a person has looked at the findings.";
    Verdict: "Oordeel", "Verdict", "Urteil", "Verdict";
    Place: "Waar", "Où", "Wo", "Where";
    What: "Wat", "Quoi", "Was", "What";
    ToDo: "Wat te doen", "Que faire", "Was zu tun ist", "What to do";
    DimensionHeading: "Dimensie", "Dimension", "Dimension", "Dimension";
    SourceHeading: "Bron van de drempel", "Source du seuil", "Quelle der Schwelle", "Source of the threshold";
    WholeBatch: "hele levering", "toute la livraison", "ganze Lieferung", "whole batch";
    HowFilled: "Hoe gevuld de kolommen zijn", "Remplissage des colonnes", "Wie gefüllt die Spalten sind", "How full the columns are";
    LeastFilled: "Het minst gevuld: {column}, {value}. Een donkerder vak is voller; elk vak draagt zijn cijfer.", "La moins remplie : {column}, {value}. Une case plus foncée est plus remplie ; chaque case porte son chiffre.", "Am wenigsten gefüllt: {column}, {value}. Ein dunkleres Feld ist voller; jedes Feld trägt seine Zahl.", "Least full: {column}, {value}. A darker cell is fuller; each cell bears its figure.";
    Changes: "Verschil met de vorige levering", "Différence avec la livraison précédente", "Unterschied zur vorigen Lieferung", "Difference from the batch before";
    FirstBatch: "Er is geen vorige levering om mee te vergelijken.", "Il n’y a pas de livraison précédente à comparer.", "Es gibt keine vorige Lieferung zum Vergleich.", "There is no batch before to compare with.";
    NoChange: "De kolommen zijn even goed gevuld als in de vorige levering.", "Les colonnes sont aussi bien remplies que dans la livraison précédente.", "Die Spalten sind so gut gefüllt wie in der vorigen Lieferung.", "The columns are as well filled as in the batch before.";
    VolumeChange: "Rijen per view, voor en nu", "Lignes par vue, avant et maintenant", "Zeilen je View, vorher und jetzt", "Rows by view, before and now";
    VolumeSummary: "Een lege ring is de vorige levering, een volle stip deze.", "Un cercle vide est la livraison précédente, un point plein celle-ci.", "Ein leerer Ring ist die vorige Lieferung, ein voller Punkt diese.", "An open ring is the batch before, a full dot this one.";
    FilledChange: "Gevuld deel per kolom, voor en nu", "Part remplie par colonne, avant et maintenant", "Gefüllter Anteil je Spalte, vorher und jetzt", "Filled share by column, before and now";
    FilledSummary: "Kolommen die meer dan een half procentpunt veranderden, de grootste daling eerst.", "Les colonnes qui ont changé de plus d’un demi-point, la plus forte baisse d’abord.", "Spalten mit mehr als einem halben Prozentpunkt Änderung, der stärkste Rückgang zuerst.", "Columns that changed by more than half a percentage point, the largest fall first.";
    Before: "vorige", "précédente", "vorige", "before";
    Now: "deze", "celle-ci", "diese", "now";
    View: "View", "Vue", "View", "View";
    Rows: "Rijen", "Lignes", "Zeilen", "Rows";
    Column: "Kolom", "Colonne", "Spalte", "Column";
    ColumnsCaption: "De kolommen van", "Les colonnes de", "Die Spalten von", "The columns of";
    Kind: "Soort", "Type", "Art", "Kind";
    Filled: "Gevuld", "Rempli", "Gefüllt", "Filled";
    Conforming: "Geldig", "Valide", "Gültig", "Conforming";
    Plausible: "Mogelijk", "Plausible", "Möglich", "Plausible";
    Different: "Verschillende", "Différentes", "Verschiedene", "Different";
    Content: "Inhoud", "Contenu", "Inhalt", "Content";
    KindCode: "code", "code", "Code", "code";
    KindDate: "dag", "jour", "Tag", "day";
    KindInteger: "geheel getal", "entier", "ganze Zahl", "whole number";
    KindDecimal: "getal", "nombre", "Zahl", "number";
    KindBoolean: "ja of nee", "oui ou non", "ja oder nein", "yes or no";
    KindLinked: "koppeling", "lien", "Verknüpfung", "link";
    Median: "mediaan", "médiane", "Median", "median";
    Yes: "ja:", "oui :", "ja:", "yes:";
    NotConforming: "Ongeldig, zo van vorm (A en a een letter, 9 een cijfer):", "Non valides, de la forme (A et a une lettre, 9 un chiffre) :", "Ungültig, von dieser Form (A und a ein Buchstabe, 9 eine Ziffer):", "Not conforming, looking like (A and a a letter, 9 a digit):";
    DuplicateRows: "Herhaalde rijen: {value}.", "Lignes répétées : {value}.", "Wiederholte Zeilen: {value}.", "Repeated rows: {value}.";
    Sampled: "De herhaling is gemeten op één op {value} verschillende rijen, gekozen volgens hun hash.", "La répétition est mesurée sur une ligne distincte sur {value}, choisie selon son hachage.", "Die Wiederholung ist an einer von {value} verschiedenen Zeilen gemessen, gewählt nach ihrem Hash.", "Repetition was measured on one in {value} different rows, chosen by their hash.";
    PairsCaption: "Controles tussen kolommen van", "Contrôles entre colonnes de", "Prüfungen zwischen Spalten von", "Checks between columns of";
    CheckHeading: "Controle", "Contrôle", "Prüfung", "Check";
    Against: "Tegenover", "Par rapport à", "Gegenüber", "Against";
    Checked: "Nagekeken", "Vérifiées", "Geprüft", "Checked";
    Failed: "Niet in orde", "En défaut", "Nicht in Ordnung", "Failed";
    ByMonth: "{column} per maand", "{column} par mois", "{column} nach Monat", "{column} by month";
    ByLag: "{column}: dagen tot de levering", "{column} : jours jusqu’à la livraison", "{column}: Tage bis zur Lieferung", "{column}: days to the batch";
    ByValue: "{column}: verdeling", "{column} : répartition", "{column}: Verteilung", "{column}: distribution";
    ByCode: "{column}: de vaakste codes", "{column} : les codes les plus fréquents", "{column}: die häufigsten Codes", "{column}: the most frequent codes";
    Month: "Maand", "Mois", "Monat", "Month";
    Days: "Dagen", "Jours", "Tage", "Days";
    From: "Vanaf", "À partir de", "Ab", "From";
    Code: "Code", "Code", "Code", "Code";
    Others: "andere", "autres", "andere", "others";
    AsTable: "De cijfers", "Les chiffres", "Die Zahlen", "The figures";
    LagSummary: "De helft is hoogstens {half} dagen oud, 90 % hoogstens {most}, 99 % hoogstens {nearly}.", "La moitié a au plus {half} jours, 90 % au plus {most}, 99 % au plus {nearly}.", "Die Hälfte ist höchstens {half} Tage alt, 90 % höchstens {most}, 99 % höchstens {nearly}.", "Half are at most {half} days old, 90 % at most {most}, 99 % at most {nearly}.";
    NumberSummary: "Gemiddelde {mean}, mediaan {median}. Wat onder het 1e of boven het 99e percentiel ligt, staat in de eerste en laatste kolom.", "Moyenne {mean}, médiane {median}. Ce qui est sous le 1er ou au-dessus du 99e centile est dans la première et la dernière barre.", "Mittel {mean}, Median {median}. Was unter dem 1. oder über dem 99. Perzentil liegt, steht im ersten und letzten Balken.", "Mean {mean}, median {median}. What lies below the 1st or above the 99th percentile is in the first and last bar.";
    MostFrequent: "De vaakste code heeft {value} van de waarden.", "Le code le plus fréquent a {value} des valeurs.", "Der häufigste Code hat {value} der Werte.", "The most frequent code has {value} of the values.";
    FilledByMonth: "Hoe gevuld, per maand van {column}", "Remplissage par mois de {column}", "Wie gefüllt, nach Monat von {column}", "How full, by month of {column}";
    FilledByMonthSummary: "Kolommen die niet altijd gevuld zijn, van {from} tot {to}. Een donkerder vak is voller, een leeg vak met een streep heeft geen rij; de cijfers staan eronder.", "Les colonnes qui ne sont pas toujours remplies, de {from} à {to}. Une case plus foncée est plus remplie, une case barrée n’a pas de ligne ; les chiffres sont en dessous.", "Spalten, die nicht immer gefüllt sind, von {from} bis {to}. Ein dunkleres Feld ist voller, ein Feld mit Strich hat keine Zeile; die Zahlen stehen darunter.", "Columns that are not always filled, from {from} to {to}. A darker cell is fuller, a cell with a dash has no row; the figures are below.";
    Contents: "Op deze pagina", "Sur cette page", "Auf dieser Seite", "On this page";
}

impl Words {
    pub(super) fn say(self, text: Text) -> &'static str {
        self.pick(text.words())
    }

    fn pick(self, words: [&'static str; 4]) -> &'static str {
        let [nl, fr, de, en] = words;
        match self.0 {
            Language::Nl => nl,
            Language::Fr => fr,
            Language::De => de,
            Language::En => en,
        }
    }

    pub(super) fn verdict(self, verdict: Verdict) -> VerdictWords {
        let (class, sign, word, means) = match verdict {
            Verdict::Pass => ("pass", '✓', Text::Pass, Text::PassMeans),
            Verdict::Warn => ("warn", '▲', Text::Warn, Text::WarnMeans),
            Verdict::Stop => ("stop", '✕', Text::Stop, Text::StopMeans),
        };
        VerdictWords { class, sign, word: self.say(word), means: self.say(means) }
    }

    pub(super) fn dimension(self, dimension: Dimension) -> &'static str {
        self.pick(match dimension {
            Dimension::Completeness => {
                ["volledigheid", "complétude", "Vollständigkeit", "completeness"]
            }
            Dimension::Conformance => ["geldigheid", "validité", "Gültigkeit", "conformance"],
            Dimension::Plausibility => {
                ["plausibiliteit", "plausibilité", "Plausibilität", "plausibility"]
            }
            Dimension::Uniqueness => ["uniciteit", "unicité", "Eindeutigkeit", "uniqueness"],
            Dimension::Timeliness => ["actualiteit", "actualité", "Aktualität", "timeliness"],
            Dimension::Consistency => ["consistentie", "cohérence", "Konsistenz", "consistency"],
        })
    }

    pub(super) fn check(self, check: PairCheck) -> &'static str {
        self.pick(match check {
            PairCheck::Order => {
                ["data in volgorde", "dates dans l’ordre", "Daten in Reihenfolge", "dates in order"]
            }
            PairCheck::Birth => [
                "niet vóór de geboorte",
                "pas avant la naissance",
                "nicht vor der Geburt",
                "not before birth",
            ],
            PairCheck::Age => {
                ["mogelijke leeftijd", "âge possible", "mögliches Alter", "possible age"]
            }
            PairCheck::Unit => {
                ["passende eenheid", "unité adaptée", "passende Einheit", "fitting unit"]
            }
            PairCheck::Measure => {
                ["mogelijke waarde", "valeur possible", "möglicher Wert", "possible value"]
            }
            PairCheck::Never => [
                "verenigbare waarden",
                "valeurs compatibles",
                "vereinbare Werte",
                "compatible values",
            ],
        })
    }

    /// A count, in groups of three digits.
    #[expect(
        clippy::unused_self,
        reason = "how to write is a matter of the language; here all agree"
    )]
    pub(super) fn count(self, count: u64) -> String {
        let digits = count.to_string();
        let mut grouped = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(NARROW_SPACE);
            }
            grouped.push(digit);
        }
        grouped
    }

    pub(super) fn signed(self, count: i64) -> String {
        let sign = if count < 0 { "−" } else { "" };
        format!("{sign}{}", self.count(count.unsigned_abs()))
    }

    /// A share in per cent; what is not all is never rounded to all, nor what is not none to none.
    pub(super) fn percent(self, share: f64) -> String {
        let percent = share * 100.0;
        let rounded = (percent * 10.0).round() / 10.0;
        let text = if percent > 0.0 && rounded < 0.1 {
            "< 0.1".to_owned()
        } else if percent < 100.0 && rounded > 99.9 {
            "> 99.9".to_owned()
        } else {
            format!("{rounded}")
        };
        format!("{}{NARROW_SPACE}%", self.pointed(&text))
    }

    /// A number with three digits that count, or all of a whole one.
    pub(super) fn decimal(self, number: f64) -> String {
        let size = number.abs();
        let text = match size {
            _ if size >= 1e9 => format!("{number:.2e}"),
            100.0.. => {
                #[expect(clippy::cast_possible_truncation, reason = "below 1e9, as just asked")]
                return self.signed(number.round() as i64);
            }
            1.0.. => trimmed(format!("{number:.2}")),
            0.001.. => trimmed(format!("{number:.4}")),
            0.0 => "0".to_owned(),
            _ => format!("{number:.1e}"),
        };
        self.pointed(&text.replace('-', "−"))
    }

    fn pointed(self, text: &str) -> String {
        if self.0 == Language::En { text.to_owned() } else { text.replace('.', ",") }
    }
}

fn trimmed(text: String) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// What was found, in a sentence.
pub(crate) fn sentence(finding: &Finding, language: Language) -> String {
    let words = Words(language);
    let write = |value: f64| match finding.check {
        Check::Drift(DriftKind::Filled) | Check::Month(MonthCheck::Filled) => {
            words.decimal(value * 100.0)
        }
        Check::Lag
        | Check::Drift(
            DriftKind::Volume | DriftKind::ViewGone | DriftKind::Codes | DriftKind::Mean,
        ) => words.decimal(value),
        _ => words.percent(value),
    };
    let tally = finding.tally.unwrap_or_default();
    let parts = [
        ("{column}", finding.column.clone().unwrap_or_default()),
        ("{against}", finding.against.clone().unwrap_or_default()),
        ("{value}", write(finding.value)),
        ("{limit}", write(finding.limit)),
        ("{failed}", words.count(tally.failed)),
        ("{checked}", words.count(tally.checked)),
    ];
    filled_in(words.pick(sentences(finding.check, finding.against.is_some())), &parts)
}

/// Puts every part in its place, in one pass: what a part holds is never read as a place.
fn filled_in(sentence: &str, parts: &[(&str, String)]) -> String {
    let mut text = String::new();
    let mut rest = sentence;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let part = parts.iter().find(|(place, _)| from.starts_with(place));
        let (place, value) = part.map_or(("{", "{"), |(place, value)| (*place, value));
        text.push_str(value);
        rest = from.strip_prefix(place).unwrap_or_default();
    }
    text + rest
}

fn sentences(check: Check, has_against: bool) -> [&'static str; 4] {
    match check {
        Check::Pair(pair) => sentences_of_pairs(pair, has_against),
        Check::Drift(drift) => sentences_of_drifts(drift),
        Check::Month(month) => sentences_of_months(month),
        Check::SetAside => [
            "{failed} van {checked} dossiers zijn apart gezet ({value}); de grens is {limit}.",
            "{failed} enregistrements sur {checked} sont mis de côté ({value}) ; la limite est {limit}.",
            "{failed} von {checked} Einträgen sind zurückgelegt ({value}); die Grenze ist {limit}.",
            "{failed} of {checked} records are set aside ({value}); the limit is {limit}.",
        ],
        Check::Filled => [
            "{column} heeft in {value} van de rijen een waarde; verwacht is minstens {limit}.",
            "{column} a une valeur dans {value} des lignes ; on attend au moins {limit}.",
            "{column} hat in {value} der Zeilen einen Wert; erwartet sind mindestens {limit}.",
            "{column} has a value in {value} of the rows; at least {limit} is expected.",
        ],
        Check::Conforming => [
            "{failed} van {checked} waarden van {column} horen niet bij hun codesysteem of lijst; {value} is geldig, verwacht is minstens {limit}.",
            "{failed} valeurs de {column} sur {checked} ne sont pas de leur système de codes ou liste ; {value} est valide, on attend au moins {limit}.",
            "{failed} von {checked} Werten von {column} gehören nicht zu ihrem Codesystem oder ihrer Liste; {value} sind gültig, erwartet sind mindestens {limit}.",
            "{failed} of {checked} values of {column} are not of their code system or list; {value} conform, at least {limit} is expected.",
        ],
        Check::Plausible => [
            "{failed} van {checked} waarden van {column} liggen buiten wat mogelijk is ({value}; de grens is {limit}).",
            "{failed} valeurs de {column} sur {checked} sont hors du possible ({value} ; la limite est {limit}).",
            "{failed} von {checked} Werten von {column} liegen außerhalb des Möglichen ({value}; die Grenze ist {limit}).",
            "{failed} of {checked} values of {column} lie outside what can be ({value}; the limit is {limit}).",
        ],
        Check::Duplicates => [
            "{failed} van {checked} rijen herhalen een andere ({value}; de grens is {limit}).",
            "{failed} lignes sur {checked} en répètent une autre ({value} ; la limite est {limit}).",
            "{failed} von {checked} Zeilen wiederholen eine andere ({value}; die Grenze ist {limit}).",
            "{failed} of {checked} rows repeat another ({value}; the limit is {limit}).",
        ],
        Check::OneRowAPerson => [
            "{failed} van {checked} rijen zijn een tweede rij van dezelfde persoon ({value}).",
            "{failed} lignes sur {checked} sont une seconde ligne de la même personne ({value}).",
            "{failed} von {checked} Zeilen sind eine zweite Zeile derselben Person ({value}).",
            "{failed} of {checked} rows are a second row of the same person ({value}).",
        ],
        Check::Lag => [
            "De helft van {column} is {value} dagen oud of ouder; de grens is {limit}.",
            "La moitié de {column} a {value} jours ou plus ; la limite est {limit}.",
            "Die Hälfte von {column} ist {value} Tage alt oder älter; die Grenze ist {limit}.",
            "Half of {column} is {value} days old or more; the limit is {limit}.",
        ],
    }
}

fn sentences_of_pairs(check: PairCheck, has_against: bool) -> [&'static str; 4] {
    match check {
        PairCheck::Birth if !has_against => [
            "{column} ligt in {failed} van {checked} rijen na de dag van de levering ({value}).",
            "{column} suit le jour de la livraison dans {failed} lignes sur {checked} ({value}).",
            "{column} liegt in {failed} von {checked} Zeilen nach dem Tag der Lieferung ({value}).",
            "{column} comes after the day of the batch in {failed} of {checked} rows ({value}).",
        ],
        PairCheck::Age if !has_against => [
            "Volgens {column} zou de persoon in {failed} van {checked} rijen ouder zijn dan mensen worden ({value}).",
            "D’après {column}, la personne serait plus âgée qu’on ne vit dans {failed} lignes sur {checked} ({value}).",
            "Nach {column} wäre die Person in {failed} von {checked} Zeilen älter, als Menschen werden ({value}).",
            "By {column}, the person would be older than people get in {failed} of {checked} rows ({value}).",
        ],
        PairCheck::Order => [
            "{column} ligt in {failed} van {checked} rijen vóór {against} ({value}).",
            "{column} précède {against} dans {failed} lignes sur {checked} ({value}).",
            "{column} liegt in {failed} von {checked} Zeilen vor {against} ({value}).",
            "{column} comes before {against} in {failed} of {checked} rows ({value}).",
        ],
        PairCheck::Birth => [
            "{column} ligt in {failed} van {checked} rijen vóór het geboortejaar in {against} ({value}).",
            "{column} précède l’année de naissance de {against} dans {failed} lignes sur {checked} ({value}).",
            "{column} liegt in {failed} von {checked} Zeilen vor dem Geburtsjahr in {against} ({value}).",
            "{column} comes before the year of birth in {against} in {failed} of {checked} rows ({value}).",
        ],
        PairCheck::Age => [
            "Volgens {against} zou de persoon bij {column} in {failed} van {checked} rijen ouder zijn dan mensen worden ({value}).",
            "D’après {against}, la personne serait plus âgée qu’on ne vit dans {failed} lignes sur {checked} de {column} ({value}).",
            "Nach {against} wäre die Person bei {column} in {failed} von {checked} Zeilen älter, als Menschen werden ({value}).",
            "By {against}, the person would be older than people get in {failed} of {checked} rows of {column} ({value}).",
        ],
        PairCheck::Unit => [
            "{column} ontbreekt of past niet bij {against} in {failed} van {checked} rijen ({value}).",
            "{column} manque ou ne convient pas à {against} dans {failed} lignes sur {checked} ({value}).",
            "{column} fehlt oder passt nicht zu {against} in {failed} von {checked} Zeilen ({value}).",
            "{column} is missing or does not fit {against} in {failed} of {checked} rows ({value}).",
        ],
        PairCheck::Measure => [
            "{column} is onmogelijk voor {against} in {failed} van {checked} rijen ({value}).",
            "{column} est impossible pour {against} dans {failed} lignes sur {checked} ({value}).",
            "{column} ist für {against} in {failed} von {checked} Zeilen unmöglich ({value}).",
            "{column} cannot be for {against} in {failed} of {checked} rows ({value}).",
        ],
        PairCheck::Never => [
            "{column} sluit {against} uit in {failed} van {checked} rijen ({value}).",
            "{column} exclut {against} dans {failed} lignes sur {checked} ({value}).",
            "{column} schließt {against} in {failed} von {checked} Zeilen aus ({value}).",
            "{column} excludes {against} in {failed} of {checked} rows ({value}).",
        ],
    }
}

fn sentences_of_months(check: MonthCheck) -> [&'static str; 4] {
    match check {
        MonthCheck::Gap => [
            "Zonder rij volgens {column}: {failed} van {checked} maanden, als eerste {against}.",
            "Sans ligne selon {column} : {failed} mois sur {checked}, d’abord {against}.",
            "Ohne Zeile nach {column}: {failed} von {checked} Monaten, zuerst {against}.",
            "Without a row by {column}: {failed} of {checked} months, {against} first.",
        ],
        MonthCheck::Fewer => [
            "{against} heeft volgens {column} {value} minder rijen dan de mediaan van de maanden ervoor; de grens is {limit} (overschreden in {failed} van {checked} maanden).",
            "{against} a selon {column} {value} de lignes en moins que la médiane des mois précédents ; la limite est {limit} (dépassée dans {failed} mois sur {checked}).",
            "{against} hat nach {column} {value} weniger Zeilen als der Median der Monate davor; die Grenze ist {limit} (überschritten in {failed} von {checked} Monaten).",
            "{against} has by {column} {value} fewer rows than the median of the months before it; the limit is {limit} (passed in {failed} of {checked} months).",
        ],
        MonthCheck::Filled => [
            "Het gevulde deel van {column} ligt in {against} {value} procentpunten lager dan in de maanden ervoor; de grens is {limit} (overschreden in {failed} van {checked} maanden).",
            "La part remplie de {column} est en {against} de {value} points de pourcentage plus basse que dans les mois précédents ; la limite est {limit} (dépassée dans {failed} mois sur {checked}).",
            "Der gefüllte Anteil von {column} liegt in {against} um {value} Prozentpunkte tiefer als in den Monaten davor; die Grenze ist {limit} (überschritten in {failed} von {checked} Monaten).",
            "The filled share of {column} is in {against} {value} percentage points lower than in the months before it; the limit is {limit} (passed in {failed} of {checked} months).",
        ],
    }
}

fn sentences_of_drifts(drift: DriftKind) -> [&'static str; 4] {
    match drift {
        DriftKind::Volume => [
            "Het aantal rijen verschilt met een factor {value} van de vorige levering; de grens is {limit}.",
            "Le nombre de lignes diffère d’un facteur {value} de la livraison précédente ; la limite est {limit}.",
            "Die Zahl der Zeilen weicht um den Faktor {value} von der vorigen Lieferung ab; die Grenze ist {limit}.",
            "The number of rows differs from the batch before by a factor of {value}; the limit is {limit}.",
        ],
        DriftKind::ViewGone => [
            "De vorige levering had {value} rijen, deze geen.",
            "La livraison précédente avait {value} lignes, celle-ci aucune.",
            "Die vorige Lieferung hatte {value} Zeilen, diese keine.",
            "The batch before had {value} rows, this one has none.",
        ],
        DriftKind::Filled => [
            "Het gevulde deel van {column} daalde met {value} procentpunten sinds de vorige levering; de grens is {limit}.",
            "La part remplie de {column} a baissé de {value} points de pourcentage depuis la livraison précédente ; la limite est {limit}.",
            "Der gefüllte Anteil von {column} sank seit der vorigen Lieferung um {value} Prozentpunkte; die Grenze ist {limit}.",
            "The filled share of {column} fell by {value} percentage points since the batch before; the limit is {limit}.",
        ],
        DriftKind::Codes => [
            "De verdeling van de codes van {column} verschoof (stabiliteitsindex {value}; de grens is {limit}).",
            "La répartition des codes de {column} a glissé (indice de stabilité {value} ; la limite est {limit}).",
            "Die Verteilung der Codes von {column} hat sich verschoben (Stabilitätsindex {value}; die Grenze ist {limit}).",
            "The distribution of the codes of {column} shifted (stability index {value}; the limit is {limit}).",
        ],
        DriftKind::Mean => [
            "Het gemiddelde van {column} verschoof met {value} standaardafwijkingen; de grens is {limit}.",
            "La moyenne de {column} a glissé de {value} écarts-types ; la limite est {limit}.",
            "Das Mittel von {column} hat sich um {value} Standardabweichungen verschoben; die Grenze ist {limit}.",
            "The mean of {column} moved by {value} standard deviations; the limit is {limit}.",
        ],
        DriftKind::NewCodes => [
            "{value} van {column} heeft een code die de vorige levering niet had: {against}.",
            "{value} de {column} a un code que la livraison précédente n’avait pas : {against}.",
            "{value} von {column} hat einen Code, den die vorige Lieferung nicht hatte: {against}.",
            "{value} of {column} has a code that the batch before did not have: {against}.",
        ],
        DriftKind::GoneCodes => [
            "Codes die in de vorige levering {value} van {column} waren, zijn weg: {against}.",
            "Des codes qui étaient {value} de {column} dans la livraison précédente ont disparu : {against}.",
            "Codes, die in der vorigen Lieferung {value} von {column} waren, sind weg: {against}.",
            "Codes that were {value} of {column} in the batch before are gone: {against}.",
        ],
    }
}

/// What to do about a finding.
pub(crate) fn advice(check: Check, language: Language) -> &'static str {
    Words(language).pick(match check {
        Check::SetAside => ["Lees de redenen in de quarantaine, herstel aan de bron en dien opnieuw in.", "Lisez les motifs de la quarantaine, corrigez à la source et soumettez à nouveau.", "Lesen Sie die Gründe in der Quarantäne, berichtigen Sie an der Quelle und reichen Sie neu ein.", "Read the reasons in the quarantine, correct at the source and submit again."],
        Check::Filled => ["Kijk of de bron het element uitvoert en of de view het pad leest.", "Vérifiez que la source exporte l’élément et que la vue lit le chemin.", "Prüfen Sie, ob die Quelle das Element ausgibt und die View den Pfad liest.", "See whether the source exports the element and the view reads its path."],
        Check::Conforming => ["Kijk welke vorm de ongeldige waarden hebben: vaak lokale codes of vrije tekst in een codeveld.", "Regardez la forme des valeurs non valides : souvent des codes locaux ou du texte libre dans un champ de code.", "Sehen Sie die Form der ungültigen Werte an: oft lokale Codes oder Freitext in einem Codefeld.", "Look at the form of the values that do not conform: often local codes, or free text in a code field."],
        Check::Plausible => ["Kijk naar datums als 1900-01-01 en naar verwisselde eenheden aan de bron.", "Cherchez des dates comme 1900-01-01 et des unités interverties à la source.", "Suchen Sie an der Quelle nach Daten wie 1900-01-01 und nach vertauschten Einheiten.", "Look for dates like 1900-01-01 and for mixed-up units at the source."],
        Check::Pair(PairCheck::Order) => ["Kijk of twee velden verwisseld zijn of een datum is ingevuld bij registratie.", "Vérifiez si deux champs sont intervertis ou si une date vient de l’encodage.", "Prüfen Sie, ob zwei Felder vertauscht sind oder ein Datum aus der Erfassung stammt.", "See whether two fields are swapped, or a date is that of data entry."],
        Check::Pair(PairCheck::Birth | PairCheck::Age) => ["Vergelijk het geboortejaar met het register; een foute persoon is mogelijk.", "Comparez l’année de naissance au registre ; une mauvaise personne est possible.", "Vergleichen Sie das Geburtsjahr mit dem Register; eine falsche Person ist möglich.", "Compare the year of birth with the register; the wrong person is possible."],
        Check::Pair(PairCheck::Unit | PairCheck::Measure) => ["Kijk welke eenheid het toestel of labo levert en of de omzetting klopt.", "Vérifiez l’unité que livre l’appareil ou le labo, et la conversion.", "Prüfen Sie, welche Einheit Gerät oder Labor liefert und ob die Umrechnung stimmt.", "See which unit the device or laboratory delivers, and whether the conversion is right."],
        Check::Pair(PairCheck::Never) => ["Kijk of de record bij de juiste persoon staat.", "Vérifiez que l’enregistrement est lié à la bonne personne.", "Prüfen Sie, ob der Eintrag zur richtigen Person gehört.", "See whether the record belongs to the right person."],
        Check::Duplicates => ["Kijk of bestanden tweemaal zijn uitgevoerd of correcties de oude versie niet vervangen.", "Vérifiez si des fichiers sont exportés deux fois ou si des corrections ne remplacent pas l’ancienne version.", "Prüfen Sie, ob Dateien doppelt ausgegeben sind oder Korrekturen die alte Fassung nicht ersetzen.", "See whether files were exported twice, or corrections do not replace the old version."],
        Check::OneRowAPerson => ["Kijk of de bron een persoon onder meer dan één dossier kent.", "Vérifiez si la source connaît une personne sous plusieurs dossiers.", "Prüfen Sie, ob die Quelle eine Person unter mehreren Akten führt.", "See whether the source knows a person under more than one file."],
        Check::Lag => ["Kijk of de jongste periode ontbreekt in de uitvoer.", "Vérifiez si la période la plus récente manque à l’export.", "Prüfen Sie, ob der jüngste Zeitraum in der Ausgabe fehlt.", "See whether the latest period is missing from the export."],
        Check::Month(MonthCheck::Gap | MonthCheck::Fewer) => ["Kijk of van die maand de uitvoer, of die van één dienst, ontbreekt, en voer haar dan opnieuw uit.", "Vérifiez si l’export de ce mois, ou d’un service, manque, et refaites-le si c’est le cas.", "Prüfen Sie, ob die Ausgabe dieses Monats oder eines Dienstes fehlt, und wiederholen Sie sie dann.", "See whether the export of that month, or of one department, is missing, and make it again if so."],
        Check::Month(MonthCheck::Filled) => ["Kijk of het formulier of de uitvoer in die maand veranderde en of dat hersteld is.", "Vérifiez si le formulaire ou l’export a changé ce mois-là, et si c’est corrigé.", "Prüfen Sie, ob sich Formular oder Ausgabe in diesem Monat geändert hat und ob es behoben ist.", "See whether the form or the export changed in that month, and whether it was put right."],
        Check::Drift(DriftKind::Volume | DriftKind::ViewGone) => ["Kijk of een dienst of periode ontbreekt, of dubbel is, vóór u indient.", "Vérifiez si un service ou une période manque, ou est en double, avant de soumettre.", "Prüfen Sie vor dem Einreichen, ob ein Dienst oder Zeitraum fehlt oder doppelt ist.", "See whether a department or period is missing, or there twice, before you submit."],
        Check::Drift(DriftKind::Filled) => ["Kijk wat er aan de bron of de uitvoer veranderde sinds de vorige levering.", "Vérifiez ce qui a changé à la source ou à l’export depuis la livraison précédente.", "Prüfen Sie, was sich an Quelle oder Ausgabe seit der vorigen Lieferung geändert hat.", "See what changed at the source or in the export since the batch before."],
        Check::Drift(_) => ["Kijk of het codesysteem, een toestel of de registratie veranderde; zo ja, meld het bij de levering.", "Vérifiez si le système de codes, un appareil ou l’encodage a changé ; si oui, signalez-le.", "Prüfen Sie, ob sich Codesystem, Gerät oder Erfassung geändert hat; wenn ja, melden Sie es.", "See whether the code system, a device or the way of recording changed; if so, say so with the batch."],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_the_same_places_in_every_language() {
        let places = |text: &str| {
            let mut places: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|part| Some(part.split_once('}')?.0.to_owned()))
                .collect();
            places.sort();
            places
        };
        for text in Text::ALL {
            let [nl, fr, de, en] = text.words().map(places);
            assert!(nl == en && fr == en && de == en, "{text:?}");
        }
        for check in crate::testing::checks() {
            for has_against in [false, true] {
                let [nl, fr, de, en] = sentences(check, has_against).map(places);
                assert!(nl == en && fr == en && de == en, "{check:?}");
            }
        }
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        let (en, nl) = (Words(Language::En), Words(Language::Nl));
        assert_eq!(en.count(1_234_567), "1\u{202f}234\u{202f}567");
        let cases = [
            (0.0, "0"),
            (1.0, "100"),
            (0.999_96, "> 99.9"),
            (0.000_01, "< 0.1"),
            (0.123_4, "12.3"),
        ];
        for (share, want) in cases {
            assert_eq!(en.percent(share), format!("{want}\u{202f}%"));
        }
        let cases = [
            (0.0, "0"),
            (1.5, "1,5"),
            (2.0, "2"),
            (-3.25, "−3,25"),
            (1234.5, "1\u{202f}235"),
            (0.0405, "0,0405"),
        ];
        for (number, want) in cases {
            assert_eq!(nl.decimal(number), want);
        }
    }

    #[test]
    fn a_part_is_never_read_as_a_place() {
        let parts = [("{column}", "{value}".to_owned()), ("{value}", "3".to_owned())];
        assert_eq!(filled_in("{column} = {value} {x}", &parts), "{value} = 3 {x}");
    }
}
