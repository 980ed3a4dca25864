//! The conversion service, as agreed and otherwise.

use std::sync::atomic::{AtomicUsize, Ordering};

use pipeline_fetch::{ConversionService, Patience};
use pipeline_identity::{
    AnswerFault, Conversion, ConversionError, PseudonymConversion, TransitPseudonym,
};
use serde_json::{Value, json};

use crate::{
    hospital::{Hospital, outcome},
    stand_in::{Reply, Seen, StandIn},
    support::{VirtualClock, who},
};

const DOMAIN: &str = "hda_v1";

/// One transit pseudonym of a person: other bytes each time, the person inside.
fn transit(person: usize, exchange: usize) -> TransitPseudonym {
    let text = format!("urn:be:fgov:ehealth:pseudo:v2:BA{exchange}:person-{person}");
    TransitPseudonym::new(&text).unwrap()
}

/// Answers as agreed. Person 7 has expired, person 8 is of another domain.
fn agreed(request: &Seen) -> Value {
    let question: Value = serde_json::from_str(&request.body).unwrap();
    let pseudonyms = question["pseudonyms"].as_array().unwrap();
    assert!(pseudonyms.len() <= 10, "the platform takes ten at most");
    let results: Vec<Value> = pseudonyms
        .iter()
        .map(|asked| {
            let person = asked["value"].as_str().unwrap().rsplit('-').next().unwrap();
            match person {
                "7" => json!({ "id": asked["id"], "status": "expired" }),
                "8" => json!({ "id": asked["id"], "status": "refused" }),
                person => json!({ "id": asked["id"], "status": "converted",
                                  "value": format!("stable-{person}") }),
            }
        })
        .collect();
    json!({ "domain": question["domain"], "results": results })
}

fn convert(
    server: &StandIn,
    pseudonyms: &[TransitPseudonym],
) -> Result<Vec<Conversion>, ConversionError> {
    let clock = VirtualClock::new();
    let endpoint = server.url("/convert").parse().unwrap();
    ConversionService::new(&endpoint, DOMAIN, None, Patience::default(), &clock, "hda-test")
        .unwrap()
        .convert(pseudonyms)
}

fn told(conversion: &Conversion) -> &str {
    match conversion {
        Conversion::Stable(stable) => stable.expose(),
        Conversion::Expired => "expired",
        Conversion::Refused => "refused",
    }
}

#[test]
fn each_pseudonym_gets_its_own_answer_in_calls_of_ten() {
    let server = StandIn::start(|request| Reply::new(200, agreed(request).to_string()));
    let pseudonyms: Vec<_> = (0..23).map(|person| transit(person, person)).collect();
    let conversions = convert(&server, &pseudonyms).unwrap();
    for (person, conversion) in conversions.iter().enumerate() {
        let want = match person {
            7 => "expired".to_owned(),
            8 => "refused".to_owned(),
            _ => format!("stable-{person}"),
        };
        assert_eq!(told(conversion), want);
    }
    assert_eq!(conversions.len(), 23);
    assert_eq!(server.seen("POST", "/convert").len(), 3);
    assert!(convert(&server, &[]).unwrap().is_empty());
}

#[test]
fn two_exchanges_of_one_person_meet_in_one_identifier() {
    let server = StandIn::start(|request| Reply::new(200, agreed(request).to_string()));
    let conversions = convert(&server, &[transit(3, 1), transit(3, 2)]).unwrap();
    let [Conversion::Stable(first), Conversion::Stable(second)] = conversions.as_slice() else {
        panic!("not converted")
    };
    assert_eq!(first.system(), "urn:be:fgov:ehealth:pseudo:hda_v1");
    assert_eq!(first.identifier().unwrap(), second.identifier().unwrap());
}

#[test]
fn an_answer_that_is_not_exactly_as_agreed_is_used_in_no_part() {
    type Spoil = fn(&mut Value);
    let cases: [(&str, Spoil, AnswerFault); 13] = [
        (
            "short",
            |answer| {
                results(answer).pop();
            },
            AnswerFault::OtherLength,
        ),
        (
            "long",
            |answer| {
                let extra = results(answer)[0].clone();
                results(answer).push(extra);
            },
            AnswerFault::OtherLength,
        ),
        ("reordered", |answer| results(answer).swap(0, 1), AnswerFault::OtherOrder),
        (
            "doubled",
            |answer| results(answer)[1] = results(answer)[0].clone(),
            AnswerFault::OtherOrder,
        ),
        (
            "of an earlier call",
            |answer| results(answer)[0]["id"] = json!("0-0"),
            AnswerFault::OtherOrder,
        ),
        ("of another domain", |answer| answer["domain"] = json!("other"), AnswerFault::OtherDomain),
        (
            "without a value",
            |answer| results(answer)[0]["value"] = json!(null),
            AnswerFault::NotTheForm,
        ),
        (
            "expired with a value",
            |answer| results(answer)[0]["status"] = json!("expired"),
            AnswerFault::NotTheForm,
        ),
        (
            "of a status nobody knows",
            |answer| results(answer)[0]["status"] = json!("maybe"),
            AnswerFault::NotTheForm,
        ),
        (
            "a national number",
            |answer| results(answer)[0]["value"] = json!("93051822361"),
            AnswerFault::NotStable,
        ),
        (
            "unconverted",
            |answer| {
                results(answer)[0]["value"] = json!("urn:be:fgov:ehealth:pseudo:v2:BA1:person-1");
            },
            AnswerFault::NotStable,
        ),
        ("empty", |answer| results(answer)[0]["value"] = json!(""), AnswerFault::NotStable),
        (
            "something else",
            |answer| *answer = json!({ "stable": ["93051822361"] }),
            AnswerFault::NotTheForm,
        ),
    ];
    for (what, spoil, want) in cases {
        let server = StandIn::start(move |request| {
            let mut answer = agreed(request);
            spoil(&mut answer);
            Reply::new(200, answer.to_string())
        });
        let error = convert(&server, &[transit(1, 1), transit(2, 2)]).unwrap_err();
        let ConversionError::BadAnswer(fault) = &error else { panic!("{what}: {error:?}") };
        assert_eq!(*fault, want, "{what}");
        let told = format!("{error} {error:?}");
        assert!(!told.contains("93051822361") && !told.contains("person"), "{told}");
    }
}

fn results(answer: &mut Value) -> &mut Vec<Value> {
    answer["results"].as_array_mut().unwrap()
}

#[test]
fn a_busy_service_is_asked_again_and_a_closed_one_is_not() {
    let busy = Reply::new(429, "").with("Retry-After", "1795629605000");
    let cases = [
        (vec![busy.clone(), outcome(503, "transient")], "converted", 3),
        (vec![Reply::new(200, "{\"domain\":").cut_at(3)], "converted", 2),
        (vec![busy; 6], "no answer", 6),
        (vec![Reply::new(500, "")], "no answer", 1),
        (vec![Reply::new(401, "")], "does not let this holder in", 1),
        (vec![Reply::new(403, "")], "does not let this holder in", 1),
        (vec![Reply::new(200, "<html>")], "not of the agreed form", 1),
    ];
    for (replies, want, calls) in cases {
        let asked = AtomicUsize::new(0);
        let server = StandIn::start(move |request| {
            let number = asked.fetch_add(1, Ordering::Relaxed);
            let agreed = || Reply::new(200, agreed(request).to_string());
            replies.get(number).cloned().unwrap_or_else(agreed)
        });
        let told = match convert(&server, &[transit(1, 1)]) {
            Ok(_) => "converted".to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(told.contains(want), "{told}");
        assert_eq!(server.seen("POST", "/convert").len(), calls, "{want}");
    }
}

#[test]
fn the_service_is_signed_in_to_where_the_ttp_asks_for_it() {
    let server = Hospital { token_uses: Some(1), ..Hospital::usual() };
    let tokens = server.start();
    let service = StandIn::start(|request| match request.header("authorization") {
        Some("Bearer secret-token-2") => Reply::new(200, agreed(request).to_string()),
        _ => Reply::new(401, ""),
    });
    let clock = VirtualClock::new();
    let endpoint = service.url("/convert").parse().unwrap();
    let mut who = who();
    who.token_url = Some(tokens.url("/token").parse().unwrap());
    let patience = Patience::default();
    let client =
        ConversionService::new(&endpoint, DOMAIN, Some(&who), patience, &clock, "hda-test")
            .unwrap();
    // The first token is not taken, the second is.
    assert_eq!(told(&client.convert(&[transit(5, 5)]).unwrap()[0]), "stable-5");
    assert!(tokens.seen("POST", "/token")[0].body.contains("scope=pseudonyms.convert"));
    assert!(!format!("{client:?}").contains("secret"));
}

#[test]
fn pseudonyms_cross_no_network_in_the_clear() {
    let clock = VirtualClock::new();
    let endpoint = "http://ttp.example/convert".parse().unwrap();
    let made = ConversionService::new(&endpoint, DOMAIN, None, Patience::default(), &clock, "x");
    assert!(made.is_err());
}
