//! Where people live: real municipalities with their NIS code (as in force from 2025), a postal
//! code and their rough number of inhabitants. All provinces and Brussels are there; the tail is
//! long on purpose, down to the 80 souls of Herstappe, so that small cells exist.

/// One of the two big language areas, or the third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Dutch,
    French,
    German,
}

/// A municipality.
#[derive(Debug)]
pub(crate) struct Municipality {
    pub(crate) nis: &'static str,
    pub(crate) name: &'static str,
    pub(crate) postal_code: &'static str,
    /// Hundreds of inhabitants.
    pub(crate) hundreds: u32,
}

impl Municipality {
    /// The province, or the region where there is no province; the NIS code says it.
    pub(crate) fn province(&self) -> &'static str {
        match &self.nis[..2] {
            "21" => "Brussels",
            "23" | "24" => "Vlaams-Brabant",
            "25" => "Brabant wallon",
            code => match &code[..1] {
                "1" => "Antwerpen",
                "3" => "West-Vlaanderen",
                "4" => "Oost-Vlaanderen",
                "5" => "Hainaut",
                "6" => "Liège",
                "7" => "Limburg",
                "8" => "Luxembourg",
                _ => "Namur",
            },
        }
    }

    /// The region.
    pub(crate) fn region(&self) -> &'static str {
        match self.province() {
            "Brussels" => "Brussels-Capital Region",
            "Brabant wallon" | "Hainaut" | "Liège" | "Luxembourg" | "Namur" => "Walloon Region",
            _ => "Flemish Region",
        }
    }

    /// The language most people there speak with their doctor.
    pub(crate) fn language(&self) -> Language {
        match (self.nis, self.region()) {
            ("63023" | "63067" | "63012", _) => Language::German,
            (_, "Flemish Region") => Language::Dutch,
            _ => Language::French,
        }
    }
}

const fn place(
    nis: &'static str,
    name: &'static str,
    postal_code: &'static str,
    hundreds: u32,
) -> Municipality {
    Municipality { nis, name, postal_code, hundreds }
}

/// The municipalities, by NIS code.
pub(crate) const MUNICIPALITIES: [Municipality; 119] = [
    place("11002", "Antwerpen", "2000", 5550),
    place("11008", "Brasschaat", "2930", 386),
    place("11013", "Edegem", "2650", 225),
    place("11016", "Essen", "2910", 194),
    place("11023", "Kapellen", "2950", 275),
    place("11029", "Mortsel", "2640", 262),
    place("11040", "Schoten", "2900", 348),
    place("12014", "Heist-op-den-Berg", "2220", 435),
    place("12021", "Lier", "2500", 380),
    place("12025", "Mechelen", "2800", 885),
    place("12040", "Willebroek", "2830", 270),
    place("13008", "Geel", "2440", 415),
    place("13011", "Herentals", "2200", 290),
    place("13014", "Hoogstraten", "2320", 220),
    place("13025", "Mol", "2400", 380),
    place("13036", "Retie", "2470", 118),
    place("13040", "Turnhout", "2300", 468),
    place("21001", "Anderlecht", "1070", 1266),
    place("21002", "Auderghem", "1160", 355),
    place("21004", "Bruxelles", "1000", 1960),
    place("21005", "Etterbeek", "1040", 490),
    place("21009", "Ixelles", "1050", 890),
    place("21012", "Molenbeek-Saint-Jean", "1080", 980),
    place("21014", "Saint-Josse-ten-Noode", "1210", 267),
    place("21015", "Schaerbeek", "1030", 1300),
    place("21016", "Uccle", "1180", 860),
    place("21017", "Watermael-Boitsfort", "1170", 253),
    place("21018", "Woluwe-Saint-Lambert", "1200", 600),
    place("23002", "Asse", "1730", 345),
    place("23016", "Dilbeek", "1700", 442),
    place("23025", "Grimbergen", "1850", 390),
    place("23027", "Halle", "1500", 420),
    place("23062", "Overijse", "3090", 256),
    place("23088", "Vilvoorde", "1800", 470),
    place("23094", "Zaventem", "1930", 365),
    place("24001", "Aarschot", "3200", 308),
    place("24020", "Diest", "3290", 245),
    place("24028", "Geetbets", "3450", 61),
    place("24062", "Leuven", "3000", 1035),
    place("24107", "Tienen", "3300", 360),
    place("25005", "Beauvechain", "1320", 74),
    place("25014", "Braine-l'Alleud", "1420", 405),
    place("25031", "Genappe", "1470", 156),
    place("25048", "Jodoigne", "1370", 145),
    place("25072", "Nivelles", "1400", 290),
    place("25110", "Waterloo", "1410", 305),
    place("25112", "Wavre", "1300", 358),
    place("25121", "Ottignies-Louvain-la-Neuve", "1340", 316),
    place("31005", "Brugge", "8000", 1195),
    place("31033", "Torhout", "8820", 207),
    place("31043", "Knokke-Heist", "8300", 336),
    place("32003", "Diksmuide", "8600", 170),
    place("33011", "Ieper", "8900", 352),
    place("33016", "Mesen", "8957", 11),
    place("33021", "Poperinge", "8970", 198),
    place("34022", "Kortrijk", "8500", 800),
    place("34040", "Waregem", "8790", 390),
    place("35013", "Oostende", "8400", 725),
    place("36008", "Izegem", "8870", 283),
    place("36015", "Roeselare", "8800", 655),
    place("38025", "Veurne", "8630", 120),
    place("41002", "Aalst", "9300", 900),
    place("41018", "Geraardsbergen", "9500", 340),
    place("41048", "Ninove", "9400", 398),
    place("42006", "Dendermonde", "9200", 468),
    place("43005", "Eeklo", "9900", 213),
    place("43007", "Kaprijke", "9970", 64),
    place("44019", "Evergem", "9940", 365),
    place("44021", "Gent", "9000", 2700),
    place("45035", "Oudenaarde", "9700", 322),
    place("45041", "Ronse", "9600", 269),
    place("45062", "Horebeke", "9667", 20),
    place("46021", "Sint-Niklaas", "9100", 815),
    place("51004", "Ath", "7800", 296),
    place("52011", "Charleroi", "6000", 2040),
    place("52012", "Châtelet", "6200", 363),
    place("53014", "Boussu", "7300", 202),
    place("53053", "Mons", "7000", 963),
    place("55040", "Soignies", "7060", 287),
    place("56016", "Chimay", "6460", 98),
    place("56078", "Thuin", "6530", 148),
    place("57081", "Tournai", "7500", 690),
    place("57096", "Mouscron", "7700", 600),
    place("58001", "La Louvière", "7100", 815),
    place("58002", "Binche", "7130", 336),
    place("61010", "Burdinne", "4210", 34),
    place("61031", "Huy", "4500", 212),
    place("62003", "Ans", "4430", 286),
    place("62051", "Herstal", "4040", 406),
    place("62063", "Liège", "4000", 1960),
    place("62096", "Seraing", "4100", 645),
    place("63012", "Büllingen", "4760", 56),
    place("63023", "Eupen", "4700", 199),
    place("63049", "Malmedy", "4960", 129),
    place("63067", "Sankt Vith", "4780", 99),
    place("63079", "Verviers", "4800", 553),
    place("64034", "Hannut", "4280", 170),
    place("71004", "Beringen", "3580", 480),
    place("71016", "Genk", "3600", 674),
    place("71053", "Sint-Truiden", "3800", 418),
    place("71072", "Hasselt", "3500", 900),
    place("72020", "Lommel", "3920", 350),
    place("72021", "Maaseik", "3680", 255),
    place("73028", "Herstappe", "3717", 1),
    place("73107", "Maasmechelen", "3630", 398),
    place("73109", "Voeren", "3798", 42),
    place("81001", "Arlon", "6700", 308),
    place("82039", "Bastogne", "6600", 205),
    place("83012", "Durbuy", "6940", 117),
    place("83034", "Marche-en-Famenne", "6900", 178),
    place("84010", "Bouillon", "6830", 54),
    place("84029", "Herbeumont", "6887", 17),
    place("85045", "Virton", "6760", 115),
    place("91034", "Dinant", "5500", 136),
    place("92003", "Andenne", "5300", 277),
    place("92094", "Namur", "5000", 1142),
    place("92142", "Gembloux", "5030", 267),
    place("93056", "Philippeville", "5600", 95),
    place("93090", "Viroinval", "5670", 57),
];
