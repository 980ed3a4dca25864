#!/usr/bin/env python3
"""Do the built-in views count what a second, independent reader counts?

    count_views.py HDA FOLDER [--markdown]

HDA is the built command, FOLDER holds FHIR NDJSON as Synthea exports it: one file a resource type,
`.ndjson`, or `.ndjson.zst` where the program `zstd` is there. For each view whose resource type
FOLDER has, the rows of `hda views run` are held against rows made here, from the same files, by code
that shares nothing with the product: neither FHIRPath nor the definitions, only their meaning
written down once more. Compared are the rows, records set aside (none may be), of every column how
many values it has, how many distinct ones, the lowest and the highest, and a digest of all rows in
order. Exit code 0: all equal. 1: something differs, and
what is told. 2: the data or the command is missing, so nothing was compared.

Only what Python itself brings is needed. The systems are those of Synthea; the Belgian ones, which it
does not use, are tested in `pipeline/views/tests/caresets.rs`.
"""
import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DEFINITIONS = Path(__file__).resolve().parents[2] / "pipeline/views/definitions"
BELGIUM = "https://www.ehealth.fgov.be/standards/fhir"
SCT, LOINC = "http://snomed.info/sct", "http://loinc.org"
ATC = "http://www.whocc.no/atc"
CNK = BELGIUM + "/medication/NamingSystem/be-ns-cnk-codes"
VMP_GROUP = BELGIUM + "/medication/CodeSystem/vmpg"
ICD10, ICPC2 = "http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icpc-2"
NIHDI = BELGIUM + "/core/NamingSystem/nihdi"
NIHDI_ORGANIZATION = NIHDI + "-organization"
CBE = BELGIUM + "/core/NamingSystem/cbe"
PRESCRIPTION = ("http://ehealth.fgov.be/standards/fhir/medication/NamingSystem/be-ns-prescription",
                BELGIUM + "/NamingSystem/uhmep")
BELRAI = BELGIUM + "/core-clinical/CodeSystem/be-cs-belrai-score"
LAB_PROFILE = BELGIUM + "/lab/StructureDefinition/be-observation-laboratory"
NIS = BELGIUM + "/core/StructureDefinition/be-ext-nis-code"


# The little that is needed to walk through JSON.

def every(value):
    """A list as it is, nothing as an empty one, anything else as a list of itself."""
    return value if isinstance(value, list) else [] if value is None else [value]


def walk(value, *names):
    """All values at a path, lists opened on the way."""
    found = every(value)
    for name in names:
        found = [inner for outer in found if isinstance(outer, dict) for inner in every(outer.get(name))]
    return found


def first(values):
    return values[0] if values else None


def one(values):
    if len(values) > 1:
        raise ValueError("several values where the view takes one")
    return first(values)


def code(resource, *names, system=None):
    """The first code of concepts, of one system where it is named."""
    codings = walk(resource, *names, "coding")
    return first([c["code"] for c in codings if "code" in c and system in (None, c.get("system"))])


def number_of(resource, *names, systems=(NIHDI,)):
    """The first identifier of one of some systems."""
    found = [i["value"] for i in walk(resource, *names, "identifier") if i.get("system") in systems and "value" in i]
    return first(found)


def extension(element, url, value):
    return [e[value] for e in walk(element, "extension") if e.get("url") == url and value in e]


def contained(resource, kind):
    return [c for c in walk(resource, "contained") if c.get("resourceType") == kind]


# The views, once more.

def is_right(resource):
    status = resource.get("status")
    return status is not None and status != "entered-in-error"


def is_not_refuted(resource):
    codings = walk(resource, "verificationStatus", "coding")
    return not any(c.get("code") in ("entered-in-error", "refuted") for c in codings)


def period(resource, name):
    whole = resource.get(name + "Period", {})
    return {name + "_start": whole.get("start"), name + "_end": whole.get("end")}


def person(r):
    address = walk(r, "address")
    return [{
        "sex": r.get("gender"),
        "birth_year": int(r["birthDate"][:4]) if "birthDate" in r else None,
        "nis": first([v for a in address for v in extension(a, NIS, "valueCode")]),
    }]


def allergy(r):
    url = BELGIUM + "/allergy/StructureDefinition/be-ext-allergy-type"
    types = extension(r, url, "valueCodeableConcept")
    return [{
        "recorded": r.get("recordedDate"), "onset": r.get("onsetDateTime"),
        "last_occurrence": r.get("lastOccurrence"),
        "clinical_status": code(r, "clinicalStatus"),
        "verification_status": code(r, "verificationStatus"),
        "type": code(types, system=SCT), "category": first(walk(r, "category")),
        "code": code(r, "code", system=SCT), "criticality": r.get("criticality"),
        "manifestation": code(r, "reaction", "manifestation", system=SCT),
        "severity": first(walk(r, "reaction", "severity")), "recorder": number_of(r, "recorder"),
    }]


def care_plan(r):
    return [{
        "created": r.get("created"), "start": one(walk(r, "period", "start")),
        "end": one(walk(r, "period", "end")), "status": r.get("status"), "intent": r.get("intent"),
        "category": code(r, "category"), "activities": len(walk(r, "activity")),
        "author": number_of(r, "author"),
    }]


def problem(r):
    extensions = BELGIUM + "/core-clinical/StructureDefinition/be-ext-"
    sides = [v for site in walk(r, "bodySite") for v in extension(site, extensions + "laterality", "valueCoding")]
    return [{
        "recorded": r.get("recordedDate"), "onset": r.get("onsetDateTime"),
        "abatement": r.get("abatementDateTime"), "clinical_status": code(r, "clinicalStatus"),
        "verification_status": code(r, "verificationStatus"), "category": code(r, "category"),
        "origin": first(extension(r, extensions + "problem-origin-type", "valueCode")),
        "code": code(r, "code", system=SCT), "icd10": code(r, "code", system=ICD10),
        "icpc2": code(r, "code", system=ICPC2), "severity": code(r, "severity"),
        "body_site": code(r, "bodySite", system=SCT), "laterality": first(walk(sides, "code")),
        "recorder": number_of(r, "recorder"),
    }]


def diagnostic_report(r):
    return [{
        "effective": r.get("effectiveDateTime"), **period(r, "effective"), "issued": r.get("issued"),
        "status": r.get("status"), "category": code(r, "category"),
        "code": code(r, "code", system=LOINC), "results": len(walk(r, "result")),
        "conclusion_code": code(r, "conclusionCode", system=SCT),
        "prescription": number_of(r, "basedOn", systems=PRESCRIPTION),
        "laboratory": number_of(r, "performer", systems=[NIHDI_ORGANIZATION]),
        "interpreter": number_of(r, "resultsInterpreter"),
    }]


def prescription(r):
    extensions = BELGIUM + "/medication/StructureDefinition/"
    reimbursed = [v for name in ("BeExtInstructionsForReimbursement", "InstructionsForReimbursement")
                  for v in extension(r, extensions + name, "valueCodeableConcept")]
    off_label = [e for e in walk(r, "extension") if e.get("url") == extensions + "BeExtOffLabel"]
    medicine, supply = "medicationCodeableConcept", "dispenseRequest"
    dosage = first(walk(r, "dosageInstruction"))
    repeat = first(walk(dosage, "timing", "repeat")) or {}
    doses = walk(dosage, "doseAndRate", "doseQuantity")
    return [{
        "authored": r.get("authoredOn"), "status": r.get("status"),
        "status_reason": code(r, "statusReason"), "intent": r.get("intent"),
        "priority": r.get("priority"), "category": code(r, "category"),
        "atc": code(r, medicine, system=ATC), "cnk": code(r, medicine, system=CNK),
        "vmp_group": code(r, medicine, system=VMP_GROUP),
        "magistral": bool(contained(r, "Medication")),
        "quantity": one(walk(r, supply, "quantity", "value")),
        "repeats": one(walk(r, supply, "numberOfRepeatsAllowed")),
        "valid_from": one(walk(r, supply, "validityPeriod", "start")),
        "valid_until": one(walk(r, supply, "validityPeriod", "end")),
        "supply": one(walk(r, supply, "expectedSupplyDuration", "value")),
        "substitution": one(walk(r, "substitution", "allowedBoolean")),
        "reimbursement": code(reimbursed),
        "off_label": first([v for e in off_label for v in extension(e, "isOffLabelUse", "valueBoolean")]),
        "reason": code(r, "reasonCode", system=SCT), "dosages": len(walk(r, "dosageInstruction")),
        "frequency": repeat.get("frequency"), "period": repeat.get("period"),
        "period_unit": repeat.get("periodUnit"), "moment": first(walk(repeat, "when")),
        "as_needed": one(walk(dosage, "asNeededBoolean")),
        "dose": first(walk(doses, "value")), "dose_unit": first(walk(doses, "code")),
        "route": code(dosage, "route"),
        "duration": one(walk(repeat, "boundsDuration", "value")),
        "duration_unit": one(walk(repeat, "boundsDuration", "code")),
        "prescription": number_of([r], systems=PRESCRIPTION[:1]),
        "prescriber": number_of(r, "requester"),
    }]


def is_laboratory(r):
    by_category = any(c.get("code") in ("laboratory", "LAB") for c in walk(r, "category", "coding"))
    return by_category or any(p.startswith(LAB_PROFILE) for p in walk(r, "meta", "profile"))


def result(element):
    quantity = element.get("valueQuantity", {})
    return {
        "code": code(element, "code", system=LOINC), "concept": code(element, "code", system=SCT),
        "value": quantity.get("value"), "unit": quantity.get("code"),
        "comparator": quantity.get("comparator"),
        "value_code": code(element, "valueCodeableConcept"),
        "value_integer": element.get("valueInteger"), "value_boolean": element.get("valueBoolean"),
        "absent_reason": code(element, "dataAbsentReason"),
        "interpretation": code(element, "interpretation"),
        "low": first(walk(element, "referenceRange", "low", "value")),
        "high": first(walk(element, "referenceRange", "high", "value")),
    }


def results(r):
    """The result itself, unless the components alone hold it; then the components."""
    components = walk(r, "component")
    has_value = any(name.startswith("value") for name in r)
    return ([r] if has_value or not components else []) + components


def laboratory(r):
    common = {
        "effective": r.get("effectiveDateTime"), **period(r, "effective"), "issued": r.get("issued"),
        "status": r.get("status"), "category": code(r, "category"), "method": code(r, "method"),
        "body_site": code(r, "bodySite", system=SCT),
        "specimen": code(contained(r, "Specimen"), "type", system=SCT),
        "prescription": number_of(r, "basedOn", systems=PRESCRIPTION),
        "laboratory": number_of(r, "performer", systems=[NIHDI_ORGANIZATION]),
        "laboratory_enterprise": number_of(r, "performer", systems=[CBE]),
    }
    return [{**common, **result(element)} for element in results(r)]


def observation(r):
    common = {
        "effective": r.get("effectiveDateTime"), **period(r, "effective"), "status": r.get("status"),
        "category": code(r, "category"), "method": code(r, "method"),
        "body_site": code(r, "bodySite", system=SCT), "device": "device" in r,
        "device_type": code(contained(r, "Device"), "type", system=SCT),
        "performer": number_of(r, "performer"),
    }
    scored = lambda element: {"score": code(element, "code", system=BELRAI)}
    return [{**common, **result(element), **scored(element)} for element in results(r)]


def procedure(r):
    side = BELGIUM + "/core-clinical/StructureDefinition/be-ext-laterality"
    sides = [v for site in walk(r, "bodySite") for v in extension(site, side, "valueCoding")]
    return [{
        "performed": r.get("performedDateTime"), **period(r, "performed"), "status": r.get("status"),
        "status_reason": code(r, "statusReason"), "category": code(r, "category", system=SCT),
        "code": code(r, "code", system=SCT), "body_site": code(r, "bodySite", system=SCT),
        "laterality": first(walk(sides, "code")), "reason": code(r, "reasonCode", system=SCT),
        "outcome": code(r, "outcome", system=SCT),
        "prescription": number_of(r, "basedOn", systems=PRESCRIPTION),
        "performer": number_of(r, "performer", "actor"),
    }]


def vaccination(r):
    product = BELGIUM + "/vaccination/StructureDefinition/be-ext-administeredProduct"
    products = [e for e in walk(r, "extension") if e.get("url") == product]
    coded = [v for e in products for v in extension(e, "coded", "valueCodeableConcept")]
    recorders = [v for url in (BELGIUM + "/core/StructureDefinition/be-ext-recorder",
                               BELGIUM + "/StructureDefinition/be-recorder")
                 for v in extension(r, url, "valueReference")]
    care_location = BELGIUM + "/vaccination/CodeSystem/be-cs-care-location"
    both = (NIHDI, NIHDI_ORGANIZATION)
    return [{
        "occurrence": r.get("occurrenceDateTime"), "recorded": r.get("recorded"),
        "status": r.get("status"), "status_reason": code(r, "statusReason"),
        "vaccine": code(r, "vaccineCode", system=SCT), "atc": code(r, "vaccineCode", system=ATC),
        "product_cnk": code(coded, system=CNK), "product_atc": code(coded, system=ATC),
        "contained_cnk": code(contained(r, "Medication"), "code", system=CNK),
        "dose_number": first(walk(r, "protocolApplied", "doseNumberPositiveInt")),
        "dose": one(walk(r, "doseQuantity", "value")), "dose_unit": one(walk(r, "doseQuantity", "code")),
        "route": code(r, "route"), "site": code(r, "site"),
        "place": code(contained(r, "Location"), "type", system=care_location),
        "reason": code(r, "reasonCode", system=SCT), "reaction": "reaction" in r,
        "performer": number_of(r, "performer", "actor", systems=both),
        "recorder": number_of(recorders, systems=both),
    }]


def always(_):
    return True


# The file of the view, its resource type, which resources it takes, and their rows.
VIEWS = [
    ("person", "Patient", always, person),
    ("allergy", "AllergyIntolerance", is_not_refuted, allergy),
    ("problem", "Condition", is_not_refuted, problem),
    ("vaccination", "Immunization", is_right, vaccination),
    ("prescription", "MedicationRequest", is_right, prescription),
    ("procedure", "Procedure", is_right, procedure),
    ("care-plan", "CarePlan", is_right, care_plan),
    ("diagnostic-report", "DiagnosticReport", is_right, diagnostic_report),
    ("laboratory", "Observation", lambda r: is_right(r) and is_laboratory(r), laboratory),
    ("observation", "Observation", lambda r: is_right(r) and not is_laboratory(r), observation),
]


# Counting and comparing.

def unpacked(folder, into):
    """A folder of the same files, none of them packed."""
    for file in sorted(folder.glob("*.ndjson.zst")):
        with open(into / file.stem, "wb") as out:
            subprocess.run(["zstd", "-dcq", str(file)], stdout=out, check=True)
    for file in sorted(folder.glob("*.ndjson")):
        shutil.copyfile(file, into / file.name)
    return into


def own_rows(folder, kind, takes, rows_of):
    read, taken, rows = 0, 0, []
    for file in sorted(folder.glob("*.ndjson")):
        for line in open(file, encoding="utf-8"):
            resource = json.loads(line) if line.strip() else {}
            if resource.get("resourceType") == kind:
                read += 1
                if takes(resource):
                    taken += 1
                    rows.extend(rows_of(resource))
    return read, taken, rows


def rows_of_hda(hda, view, folder):
    command = [hda, "views", "run", str(DEFINITIONS / f"{view}.json"), "--source", str(folder),
               "--limit", str(10**9), "--json"]
    told = subprocess.run(command, capture_output=True, text=True)
    if not told.stdout:
        sys.exit(f"{view}: hda told nothing: {told.stderr.strip()}")
    answer = json.loads(told.stdout)
    return answer["faults"], answer["rows"]


def figures(rows, columns):
    """Of each column: values, distinct ones, lowest, highest; and a digest of all rows."""
    told = {}
    for column in columns:
        values = [row[column] for row in rows if row[column] is not None]
        told[column] = (len(values), len(set(values)), min(values, default=None), max(values, default=None))
    whole = json.dumps([[plain(row[column]) for column in columns] for row in rows])
    return told, hashlib.sha256(whole.encode()).hexdigest()[:12]


def plain(value):
    """1 and 1.0 are one number."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("hda", help="the built command")
    parser.add_argument("folder", type=Path, help="FHIR NDJSON, one file a resource type")
    parser.add_argument("--markdown", action="store_true", help="print the columns of every view too")
    args = parser.parse_args()
    if not shutil.which(args.hda):
        print(f"not compared: there is no command {args.hda}", file=sys.stderr)
        return 2
    packed = any(args.folder.glob("*.ndjson.zst"))
    if not packed and not any(args.folder.glob("*.ndjson")):
        print(f"not compared: no .ndjson and no .ndjson.zst in {args.folder}", file=sys.stderr)
        return 2
    if packed and not shutil.which("zstd"):
        print("not compared: the files are packed and the program zstd is not there", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as into:
        return compare(args.hda, unpacked(args.folder, Path(into)), args.markdown)


def compare(hda, folder, markdown):
    differing, details = 0, []
    print("| view | resources | pass | rows here | rows of hda | set aside | columns | columns filled | values | digest | equal |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|---|---|")
    for view, kind, takes, rows_of in VIEWS:
        read, taken, here = own_rows(folder, kind, takes, rows_of)
        if not read:
            continue
        with tempfile.TemporaryDirectory() as only:
            # The command reads every file for every view; one type is enough.
            for file in folder.glob(f"{kind}*.ndjson"):
                shutil.copyfile(file, Path(only) / file.name)
            faults, there = rows_of_hda(hda, view, only)
        columns = list((here or there or [{}])[0])
        if there and set(there[0]) != set(columns):
            print(f"{view}: other columns: {sorted(set(there[0]) ^ set(columns))}", file=sys.stderr)
            differing += 1
            continue
        (mine, digest), (theirs, other) = figures(here, columns), figures(there, columns)
        equal = mine == theirs and digest == other and len(here) == len(there) and not faults
        values, filled = sum(m[0] for m in mine.values()), sum(m[0] > 0 for m in mine.values())
        print(f"| {view} | {read} | {taken} | {len(here)} | {len(there)} | {faults} | {len(columns)} | {filled} "
              f"| {values} | `{digest}` | {'yes' if equal else 'NO: `' + other + '`'} |")
        differing += not equal
        for column in columns:
            if mine[column] != theirs[column]:
                print(f"{view}.{column}: here {mine[column]}, hda {theirs[column]}", file=sys.stderr)
            if mine[column][0]:
                details.append((view, column, *mine[column]))
    if markdown:
        print("\n| column | values | distinct | lowest | highest |\n|---|--:|--:|---|---|")
        for view, column, *rest in details:
            print(f"| {view}.{column} | " + " | ".join(map(str, rest)) + " |")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
