# Jeder Satz des Portals. Andere Sprachen haben dieselben Schlüssel und dieselben Stellen.
authority = Gesundheitsdatenbehörde
tagline = Statistiken aus Gesundheitsdaten, ohne dass jemand erfährt, wer die Menschen sind
skip = Zum Inhalt
languages = Sprachen
menu = Hauptmenü
menu-datasets = Datensätze
menu-releases = Freigegebene Tabellen
menu-opt-out = Widerspruch
menu-my-work = Meine Arbeit
sign-in = Anmelden
sign-out = Abmelden
demo-tag = Vorführung
demo-line = Jede Person und jede Zahl ist hier erfunden.
footer-law = Sekundärnutzung von Gesundheitsdaten nach der Verordnung (EU) 2025/327, dem europäischen Gesundheitsdatenraum.
footer-menu = Über diese Website
crumbs = Wo Sie sind
to-home = Zur Startseite
never = noch nicht

date = { $day }. { $month } { $year }
moment = { $day }, { $time } UTC
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember

role = Rolle
role-researcher = Forschung
role-policy-analyst = Politikanalyse
role-privacy-officer = Datenschutzbeauftragte Person
role-case-handler = Sachbearbeitung
role-decision-maker = Entscheidung
role-steward = Datenpflege
role-auditor = Prüfung
role-administrator = Verwaltung

home-title = Gesundheitsdaten für Forschung und Politik, unter Wahrung der Privatsphäre
home-lead = Sehen Sie, welche Gesundheitsdaten es gibt, lesen Sie die daraus erstellten Tabellen und prüfen Sie, wie jede geschützt wurde.
search-label = Datensätze durchsuchen
search-button = Suchen
search-clear = Alle Datensätze zeigen
figure-datasets = { $count ->
    [one] beschriebener Datensatz
   *[other] beschriebene Datensätze
}
figure-releases = { $count ->
    [one] freigegebene Tabelle
   *[other] freigegebene Tabellen
}
figure-updated = zuletzt aktualisiert
home-entrances = Wo möchten Sie beginnen?
entrance-find = Daten finden
entrance-find-text = Für Forschung und Politik: was vorhanden ist, seit wann, über wie viele Menschen, Variable für Variable.
entrance-read = Freigegebene Tabellen lesen
entrance-read-text = Für alle: jede Tabelle mit ihrer Frage in einfachen Worten, ihren Dateien und einem Weg, sie zu prüfen.
entrance-citizen = Ihre Daten, Ihre Wahl
entrance-citizen-text = Für Bürgerinnen und Bürger: was mit Gesundheitsdaten geschieht und wie Sie jederzeit ohne Grund widersprechen.
home-protect = Wie Menschen geschützt werden
home-protect-text = Keine Stelle hat jemals zugleich, wer Sie sind und was über Ihre Gesundheit festgehalten ist. Was hinausgeht, ist eine Tabelle über Gruppen, nie über eine Person, und der Datenschutz hat sie zuvor angesehen.
step-1 = Namen bleiben im Krankenhaus
step-1-text = Dateninhaber ersetzen Kennungen, bevor etwas hinausgeht, und senden Gesundheitsdaten getrennt.
step-2 = Eine Vertrauensstelle bildet Pseudonyme
step-2-text = Sie sieht nie Gesundheitsdaten und lässt alle weg, die widersprochen haben.
step-3 = Nur ein genehmigter Plan läuft
step-3-text = Eine Tabelle wird nach einem genehmigten Plan gezählt, und kleine Zahlen werden verborgen.
step-4 = Der Datenschutz entscheidet
step-4-text = Er sieht genau die Tabelle, die öffentlich wird. Dann wird sie unterzeichnet und freigegeben.

datasets-title = Datensätze
datasets-lead = Was die Dateninhaber für die Sekundärnutzung bereitstellen. Die Beschreibungen folgen HealthDCAT-AP und werden aus den Daten selbst berechnet.
datasets-found = { $count ->
    [0] Kein Datensatz gefunden.
    [one] { $shown } Datensatz.
   *[other] { $shown } Datensätze.
}
datasets-none = Kein Datensatz enthält alle diese Wörter. Versuchen Sie weniger oder andere Wörter.
dataset-kicker = Datensatz
dataset-about = Über diesen Datensatz
dataset-releases = Tabellen aus diesem Datensatz
records = Einträge
persons = Personen
variables = Variablen
updated = zuletzt aktualisiert
period = Zeitraum
ages = Alter
population = Wer enthalten ist
holders = Dateninhaber
provenance = Wie er entstand
version = Version
fewer-than = weniger als { $shown }
not-shown = nicht gezeigt
ask-title = So fragen Sie an
ask-text = Fragen Sie nach Statistiken und Sie erhalten eine Tabelle; die Einträge selbst gehen nie hinaus. Sagen Sie, welche Variablen Sie brauchen, für welche Menschen und welchen Zeitraum.
machine-title = Für Maschinen
machine-turtle = Beschreibung als Turtle
machine-jsonld = Beschreibung als JSON-LD
machine-text = HealthDCAT-AP, bereit zum Abholen.
variables-caption = Was jeder Eintrag dieses Datensatzes enthält
variable-name = Variable
variable-meaning = Bedeutung
variable-kind = Typ
variable-source = Quelle und Codesystem
variable-filled = Ausgefüllt
kind-text = Code oder Text
kind-date = Datum
kind-integer = ganze Zahl
kind-decimal = Dezimalzahl
kind-boolean = ja oder nein
kind-linked = Kennung einer verknüpften Sache

releases-title = Freigegebene Tabellen
releases-lead = Das öffentliche Register jeder Tabelle, die hinausging, wer sie anfragte und aus welchen Daten sie entstand.
releases-none = Noch keine Tabelle wurde freigegeben.
release-kicker = Freigegebene Tabelle
published = Freigegeben am
requester = Angefragt von
approval = Genehmigung
cells = Zellen
cells-shown = { $shown } gezeigt
cells-hidden = { $count ->
    [0] keine verborgen
   *[other] { $shown } verborgen
}
chart-title = Auf einen Blick
chart-description = Balkendiagramm. Die Tabelle darunter enthält dieselben Zahlen.
table-title = Die Zahlen
hidden-short = verborgen
hidden-too-few = verborgen: weniger als { $count ->
    [one] { $shown } Person
   *[other] { $shown } Personen
}
hidden-dominance = verborgen: der größte Teil stammt aus einer Quelle
hidden-note = Verborgene Zellen schützen die wenigen Menschen, um die es geht. Ihre Zahlen stehen auch nicht in den Dateien.
files-title = Herunterladen
files-none = Die Dateien sind zurzeit nicht da. Bitte kommen Sie später wieder.
file-csv = die Tabelle für jede Tabellenkalkulation
file-parquet = die Tabelle für Auswertungsprogramme
file-manifest = was im Paket ist, mit Prüfsummen
file-signature = die Unterschrift der Behörde
file-json = Einzelheiten für Maschinen
file-report = der Bericht, zum Lesen
file-rules = die Regeln, die sie schützten
file-other = weitere Datei
verify-title = Prüfen Sie selbst
verify-text = Laden Sie alle Dateien in einen eigenen Ordner und führen Sie dort den Befehl unten aus. Er braucht kein Netz und zeigt, ob nach der Unterschrift etwas geändert wurde.
digest = Prüfsumme der geschützten Tabelle (SHA-256)

sign-in-lead = Für Menschen, die mit der Behörde arbeiten. Datensätze und freigegebene Tabellen lesen Sie ohne Konto.
sign-in-name = Name
sign-in-password = Passwort
sign-in-wrong = Der Name oder das Passwort ist falsch.
sign-in-locked = Zu viele Versuche mit diesem Namen. Versuchen Sie es in einer Viertelstunde wieder.
demo-accounts = Konten zum Ausprobieren
demo-accounts-text = Dies ist eine Vorführung. Jedes Konto zeigt das Portal so, wie diese Rolle es sieht.
error-title = Es gibt ein Problem

pending-title = Wartet auf Ihre Entscheidung
pending-none = Nichts wartet. Neue Tabellen erscheinen hier von selbst.
approved-title = Genehmigt, wird gleich veröffentlicht
returned-title = Zurückgegeben
state-proposed = zu entscheiden
state-approved = genehmigt
state-returned = zurückgegeben
state-published = öffentlich
work-none = Hier wartet nichts auf Sie. Ihre Rolle entscheidet nicht über Freigaben.
pending-kicker = Vorgeschlagene Freigabe
proposed = Vorgeschlagen
figure-shown = gezeigte Zellen
figure-hidden = verborgene Zellen
plan-title = Was angefragt wurde
plan-json = Der Plan genau so, wie er lief (JSON)
pending-table-title = Die Tabelle genau so, wie sie hinausgeht
pending-table-text = Nichts anderes geht hinaus: Eine Zahl, die Sie hier nicht sehen, steht in keiner Datei des Pakets.
hidden-title = Was verborgen ist und warum
hidden-reason = Grund
hidden-nothing = Keine Zelle musste verborgen werden.
decision-title = Ihre Entscheidung
approve-title = Freigeben
approve-text = Sie genehmigen die Tabelle oben, Zelle für Zelle. Sie wird sofort öffentlich und kann nicht zurückgenommen werden.
approve-button = Genehmigen und freigeben
return-title = Zurückgeben
return-reason = Warum kann sie so nicht hinaus?
return-hint = Die anfragende Person liest das. Nennen Sie niemanden beim Namen.
return-button = Mit diesem Grund zurückgeben
reason-empty = Schreiben Sie, warum die Tabelle nicht hinaus kann.
reason-too-long = Schreiben Sie höchstens 2.000 Zeichen.
approved-panel = Genehmigt
approved-panel-text = Das Paket wird unterzeichnet. Es ist gleich öffentlich.
look-again = Nachsehen, ob es öffentlich ist
returned-panel = Diese Tabelle wurde zurückgegeben.
decided-by = Entschieden von

problem-not-found-title = Seite nicht gefunden
problem-not-found-what = Unter dieser Adresse gibt es keine Seite.
problem-not-found-next = Prüfen Sie die Adresse oder beginnen Sie auf der Startseite. Eine noch nicht freigegebene Tabelle ist hier nicht zu sehen.
problem-forbidden-title = Nicht für dieses Konto
problem-forbidden-what = Ihre Rolle darf das nicht sehen oder tun.
problem-forbidden-next = Wenn Sie es für Ihre Arbeit brauchen, bitten Sie die Verwaltung Ihrer Organisation um eine andere Rolle.
problem-forged-title = Bitte senden Sie das Formular erneut
problem-forged-what = Das Formular kam nicht von einer Seite Ihrer jetzigen Sitzung; nichts wurde geändert.
problem-forged-next = Öffnen Sie die Seite erneut, prüfen Sie, ob Sie noch angemeldet sind, und senden Sie das Formular noch einmal.
problem-bad-request-title = Die Anfrage war nicht lesbar
problem-bad-request-what = Etwas in der Anfrage war nicht wie erwartet; nichts wurde geändert.
problem-bad-request-next = Gehen Sie zurück und versuchen Sie es noch einmal.
problem-too-large-title = Das ist zu lang
problem-too-large-what = Das Formular enthielt mehr, als angenommen wird; nichts wurde geändert.
problem-too-large-next = Gehen Sie zurück und kürzen Sie Ihren Text.
problem-too-slow-title = Das hat zu lange gedauert
problem-too-slow-what = Die Antwort kam nicht rechtzeitig.
problem-too-slow-next = Warten Sie eine Minute und versuchen Sie es noch einmal.
problem-refused-title = Das geht nicht
problem-refused-next = Öffnen Sie die Freigabe erneut unter „Meine Arbeit“, um zu sehen, wie es um sie steht.
problem-failure-title = Bei uns ist etwas schiefgegangen
problem-failure-what = Die Seite konnte nicht gezeigt werden. Wir sind benachrichtigt.
problem-failure-next = Versuchen Sie es in einigen Minuten wieder. Wenn Sie ein Formular gesendet haben, prüfen Sie zuerst, ob es angekommen ist.
refusal-may-not-propose = Ihre Rolle darf keine Freigabe vorschlagen.
refusal-not-a-privacy-officer = Nur der Datenschutz genehmigt eine Freigabe oder gibt sie zurück.
refusal-own-proposal = Niemand entscheidet über eine Freigabe, die er selbst angefragt oder vorgeschlagen hat. Jemand anderes muss es tun.
refusal-other-table = Die Genehmigung galt einer anderen Tabelle als der vorgeschlagenen. Nichts wurde freigegeben.
refusal-already-decided = Über diese Freigabe wurde schon entschieden.
refusal-not-approved = Veröffentlicht wird erst nach der Genehmigung.
refusal-only-the-system-publishes = Die Veröffentlichung geschieht nach der Genehmigung von selbst.

opt-out-title = Der Sekundärnutzung widersprechen
opt-out-lead = Sie entscheiden, ob Gesundheitsdaten über Sie für Forschung und Politik genutzt werden dürfen. Einen Grund brauchen Sie nicht zu nennen.
opt-out-1 = Ihr Recht
opt-out-1-text = Artikel 71 der Verordnung (EU) 2025/327 lässt Sie der Sekundärnutzung jederzeit widersprechen und jederzeit zurückkommen. An Ihrer Versorgung ändert sich nichts.
opt-out-2 = Was dann geschieht
opt-out-2-text = Die vertrauenswürdige dritte Stelle bildet für Sie kein Pseudonym mehr; Daten, die von da an eintreffen, gelangen in keinen Datensatz. Sie weiß nicht, wer Sie sind, und weder diese Behörde noch Forschende erfahren Ihren Namen.
opt-out-3 = Was sich nicht ändert
opt-out-3-text = Was vor Ihrer Entscheidung aufgenommen wurde, und die Tabellen daraus, bleiben unverändert. Tabellen handeln von Gruppen von Menschen; kleine Zahlen sind darin verborgen.
opt-out-4 = So geht es
opt-out-4-text = Ihre Wahl trägt die Widerspruchsstelle Ihres Gesundheitswesens ein, nicht diese Website: Wir wissen nicht, wer Sie sind, und möchten, dass es so bleibt. Hausarztpraxis, Apotheke oder Krankenkasse nennen Ihnen den Weg.

privacy-title = Datenschutz
privacy-lead = Was diese Website selbst über ihre Besucher behält: so wenig wie möglich.
privacy-1 = Lesen ohne Konto
privacy-1-text = Wir setzen kein Cookie, fragen nichts bei anderen Websites an und messen keine Besuche.
privacy-2 = Anmelden
privacy-2-text = Ab der Anmeldeseite enthält ein Cookie eine zufällige Zahl. Es endet nach dreißig Minuten ohne Nutzung, in jedem Fall nach zehn Stunden und wenn Sie sich abmelden.
privacy-3 = Was festgehalten wird
privacy-3-text = Entscheidungen über Freigaben werden mit dem Konto und der Zeit in einem Protokoll aufbewahrt, das nicht geändert werden kann. Es enthält keine Gesundheitsdaten.
privacy-4 = Ihre Rechte
privacy-4-text = Sie können verlangen, das über Ihr Konto Gespeicherte zu sehen oder zu berichtigen, und sich bei der Datenschutzbehörde Ihres Landes beschweren.

accessibility-title = Barrierefreiheit
accessibility-lead = Diese Website ist für alle da, gleich welches Gerät oder Hilfsmittel Sie nutzen.
accessibility-1 = Was wir anstreben
accessibility-1-text = Wir bauen nach den Web Content Accessibility Guidelines 2.2, Stufe AA. Jede Seite funktioniert ohne Skripte, allein mit der Tastatur, bei 320 Pixeln Breite und auf Papier.
accessibility-2 = Was noch fehlt
accessibility-2-text = Eine unabhängige Prüfung gab es noch nicht. Beschreibungen, die Dateninhaber nur in einer Sprache geben, erscheinen in dieser Sprache.
accessibility-3 = Sagen Sie es uns
accessibility-3-text = Wenn Sie etwas hindert, schreiben Sie der Behörde an die Adresse in ihren Kontaktangaben. Sie erhalten binnen eines Monats Antwort; wenn nicht, können Sie sich an die Ombudsstelle wenden.
