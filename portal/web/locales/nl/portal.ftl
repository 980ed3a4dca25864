# Elke zin van het portaal. Andere talen hebben dezelfde sleutels en dezelfde plaatsen.
authority = Gezondheidsdata-autoriteit
tagline = Statistieken uit gezondheidsgegevens, zonder dat iemand te weten komt wie de mensen zijn
skip = Naar de inhoud
languages = Talen
menu = Hoofdmenu
menu-datasets = Datasets
menu-releases = Vrijgegeven tabellen
menu-opt-out = Opt-out
menu-my-work = Mijn werk
sign-in = Aanmelden
sign-out = Afmelden
demo-tag = Demonstratie
demo-line = Elke persoon en elk getal hier is verzonnen.
footer-law = Secundair gebruik van gezondheidsgegevens volgens Verordening (EU) 2025/327, de Europese ruimte voor gezondheidsgegevens.
footer-menu = Over deze site
crumbs = Waar u bent
to-home = Naar de startpagina
never = nog niet

date = { $day } { $month } { $year }
moment = { $day }, { $time } UTC
month-1 = januari
month-2 = februari
month-3 = maart
month-4 = april
month-5 = mei
month-6 = juni
month-7 = juli
month-8 = augustus
month-9 = september
month-10 = oktober
month-11 = november
month-12 = december

role = Rol
role-researcher = Onderzoeker
role-policy-analyst = Beleidsanalist
role-privacy-officer = Privacyverantwoordelijke
role-case-handler = Dossierbeheerder
role-decision-maker = Beslisser
role-steward = Databeheerder
role-auditor = Auditor
role-administrator = Beheerder

home-title = Gezondheidsgegevens voor onderzoek en beleid, met respect voor de privacy
home-lead = Bekijk welke gezondheidsgegevens er zijn, lees de tabellen die ermee gemaakt zijn en ga na hoe elke tabel beschermd werd.
search-label = Zoek in de datasets
search-button = Zoeken
search-clear = Alle datasets tonen
figure-datasets = { $count ->
    [one] beschreven dataset
   *[other] beschreven datasets
}
figure-releases = { $count ->
    [one] vrijgegeven tabel
   *[other] vrijgegeven tabellen
}
figure-updated = laatst bijgewerkt
home-entrances = Waar wilt u beginnen?
entrance-find = Gegevens vinden
entrance-find-text = Voor onderzoekers en beleidsmakers: wat er is, sinds wanneer, over hoeveel mensen, variabele per variabele.
entrance-read = Vrijgegeven tabellen lezen
entrance-read-text = Voor iedereen: elke tabel met haar vraag in gewone woorden, haar bestanden en een manier om ze te controleren.
entrance-citizen = Uw gegevens, uw keuze
entrance-citizen-text = Voor burgers: wat er met gezondheidsgegevens gebeurt, en hoe u op elk moment zonder reden kunt weigeren.
home-protect = Hoe mensen beschermd worden
home-protect-text = Geen enkele partij heeft ooit samen wie u bent en wat er over uw gezondheid genoteerd is. Wat naar buiten gaat is een tabel over groepen, nooit over een persoon, en een privacyverantwoordelijke heeft ze eerst bekeken.
step-1 = Namen blijven in het ziekenhuis
step-1-text = Gegevenshouders vervangen identificatoren voor er iets vertrekt, en sturen gezondheidsgegevens apart.
step-2 = Een vertrouwde derde maakt pseudoniemen
step-2-text = Die ziet nooit gezondheidsgegevens en laat iedereen weg die een opt-out vroeg.
step-3 = Alleen een goedgekeurd plan wordt uitgevoerd
step-3-text = Een tabel wordt geteld volgens een goedgekeurd plan, en kleine aantallen worden verborgen.
step-4 = Een privacyverantwoordelijke beslist
step-4-text = Die ziet precies de tabel die openbaar wordt. Daarna wordt ze ondertekend en vrijgegeven.

datasets-title = Datasets
datasets-lead = Wat de gegevenshouders beschikbaar stellen voor secundair gebruik. De beschrijvingen volgen HealthDCAT-AP en zijn uit de gegevens zelf berekend.
datasets-found = { $count ->
    [0] Geen dataset gevonden.
    [one] { $shown } dataset.
   *[other] { $shown } datasets.
}
datasets-none = Geen dataset bevat al deze woorden. Probeer minder of andere woorden.
dataset-kicker = Dataset
dataset-about = Over deze dataset
dataset-releases = Tabellen uit deze dataset
records = Records
persons = Personen
variables = Variabelen
updated = laatst bijgewerkt
period = Periode
ages = Leeftijden
population = Wie erin zit
holders = Gegevenshouders
provenance = Hoe ze gemaakt is
version = Versie
fewer-than = minder dan { $shown }
not-shown = niet getoond
ask-title = Hoe u gegevens vraagt
ask-text = Vraag statistieken en u krijgt een tabel; de records zelf gaan nooit naar buiten. Zeg welke variabelen u nodig hebt, voor welke mensen en welke periode.
machine-title = Voor machines
machine-turtle = Beschrijving als Turtle
machine-jsonld = Beschrijving als JSON-LD
machine-text = HealthDCAT-AP, klaar om op te halen.
variables-caption = Wat elk record van deze dataset bevat
variable-name = Variabele
variable-meaning = Betekenis
variable-kind = Type
variable-source = Bron en codestelsel
variable-filled = Ingevuld
kind-text = code of tekst
kind-date = datum
kind-integer = geheel getal
kind-decimal = decimaal getal
kind-boolean = ja of nee
kind-linked = onderzoeksnummer van iets gekoppelds

releases-title = Vrijgegeven tabellen
releases-lead = Het openbare register van elke tabel die naar buiten ging, wie ze vroeg en uit welke gegevens ze gemaakt is.
releases-none = Er is nog geen tabel vrijgegeven.
release-kicker = Vrijgegeven tabel
published = Vrijgegeven op
requester = Gevraagd door
approval = Goedkeuring
cells = Cellen
cells-shown = { $shown } getoond
cells-hidden = { $count ->
    [0] geen verborgen
   *[other] { $shown } verborgen
}
chart-title = In één oogopslag
chart-description = Staafdiagram. De tabel hieronder bevat dezelfde getallen.
table-title = De getallen
hidden-short = verborgen
hidden-too-few = verborgen: minder dan { $count ->
    [one] { $shown } persoon
   *[other] { $shown } personen
}
hidden-dominance = verborgen: het grootste deel komt van één bron
hidden-note = Verborgen cellen beschermen de weinige mensen over wie ze gaan. Hun getallen staan ook niet in de bestanden.
files-title = Downloaden
files-none = De bestanden zijn er op dit moment niet. Kom later terug.
file-csv = de tabel voor elk rekenblad
file-parquet = de tabel voor analyseprogramma’s
file-manifest = wat in het pakket zit, met controlegetallen
file-signature = de handtekening van de autoriteit
file-json = details voor machines
file-report = het verslag, om te lezen
file-rules = de regels waarmee ze beschermd werd
file-other = ander bestand
verify-title = Controleer het zelf
verify-text = Download alle bestanden in een eigen map en voer daar het commando hieronder uit. Het heeft geen netwerk nodig en toont of er na de ondertekening iets veranderd is.
digest = Controlegetal van de beschermde tabel (SHA-256)

sign-in-lead = Voor wie met de autoriteit werkt. Datasets en vrijgegeven tabellen lezen kan zonder account.
sign-in-name = Naam
sign-in-password = Wachtwoord
sign-in-wrong = De naam of het wachtwoord is fout.
sign-in-locked = Te veel pogingen met deze naam. Probeer het over een kwartier opnieuw.
demo-accounts = Accounts om te proberen
demo-accounts-text = Dit is een demonstratie. Elk account toont het portaal zoals die rol het ziet.
error-title = Er is een probleem

pending-title = Wacht op uw beslissing
pending-none = Er wacht niets. Nieuwe tabellen verschijnen hier vanzelf.
approved-title = Goedgekeurd, wordt gepubliceerd
returned-title = Teruggestuurd
state-proposed = te beslissen
state-approved = goedgekeurd
state-returned = teruggestuurd
state-published = openbaar
work-none = Hier wacht niets op u. Uw rol beslist niet over vrijgaven.
pending-kicker = Voorgestelde vrijgave
proposed = Voorgesteld
figure-shown = getoonde cellen
figure-hidden = verborgen cellen
plan-title = Wat er gevraagd werd
plan-json = Het plan precies zoals het uitgevoerd is (JSON)
pending-table-title = De tabel precies zoals ze naar buiten gaat
pending-table-text = Niets anders gaat naar buiten: een getal dat u hier niet ziet, staat in geen bestand van het pakket.
hidden-title = Wat verborgen is en waarom
hidden-reason = Reden
hidden-nothing = Geen enkele cel moest verborgen worden.
decision-title = Uw beslissing
approve-title = Vrijgeven
approve-text = U keurt de tabel hierboven goed, cel per cel. Ze wordt meteen openbaar en kan niet teruggenomen worden.
approve-button = Goedkeuren en vrijgeven
return-title = Terugsturen
return-reason = Waarom kan ze zo niet naar buiten?
return-hint = De aanvrager leest dit. Noem geen personen.
return-button = Terugsturen met deze reden
reason-empty = Schrijf waarom de tabel niet naar buiten kan.
reason-too-long = Schrijf ten hoogste 2.000 tekens.
approved-panel = Goedgekeurd
approved-panel-text = Het pakket wordt ondertekend. Het is zo meteen openbaar.
look-again = Kijk of het openbaar is
returned-panel = Deze tabel werd teruggestuurd.
decided-by = Beslist door

problem-not-found-title = Pagina niet gevonden
problem-not-found-what = Er is geen pagina op dit adres.
problem-not-found-next = Controleer het adres of begin op de startpagina. Een tabel die nog niet vrijgegeven is, is hier niet te zien.
problem-forbidden-title = Niet voor dit account
problem-forbidden-what = Uw rol mag dit niet zien of doen.
problem-forbidden-next = Hebt u dit nodig voor uw werk? Vraag de beheerder van uw organisatie om een andere rol.
problem-forged-title = Verstuur het formulier opnieuw
problem-forged-what = Het formulier kwam niet van een pagina van uw huidige sessie, dus er is niets veranderd.
problem-forged-next = Open de pagina opnieuw, kijk of u nog aangemeld bent en verstuur het formulier nog eens.
problem-bad-request-title = De vraag was niet leesbaar
problem-bad-request-what = Iets in de vraag was niet zoals verwacht, en er is niets veranderd.
problem-bad-request-next = Ga terug en probeer het nog eens.
problem-too-large-title = Dat is te lang
problem-too-large-what = Het formulier bevatte meer dan aanvaard wordt, en er is niets veranderd.
problem-too-large-next = Ga terug en maak uw tekst korter.
problem-too-slow-title = Dat duurde te lang
problem-too-slow-what = Het antwoord kwam niet op tijd.
problem-too-slow-next = Wacht een minuut en probeer het nog eens.
problem-refused-title = Dit kan niet
problem-refused-next = Open de vrijgave opnieuw vanuit “Mijn werk” om te zien hoe het ermee staat.
problem-failure-title = Er ging bij ons iets mis
problem-failure-what = De pagina kon niet getoond worden. Wij zijn verwittigd.
problem-failure-next = Probeer het over enkele minuten opnieuw. Hebt u een formulier verstuurd, kijk dan eerst of het is aangekomen.
refusal-may-not-propose = Uw rol mag geen vrijgave voorstellen.
refusal-not-a-privacy-officer = Alleen een privacyverantwoordelijke keurt een vrijgave goed of stuurt ze terug.
refusal-own-proposal = Niemand beslist over een vrijgave die hij zelf vroeg of voorstelde. Een andere verantwoordelijke moet het doen.
refusal-other-table = De goedkeuring gold voor een andere tabel dan de voorgestelde. Er is niets vrijgegeven.
refusal-already-decided = Over deze vrijgave is al beslist.
refusal-not-approved = Een vrijgave wordt pas gepubliceerd nadat ze goedgekeurd is.
refusal-only-the-system-publishes = Publiceren gebeurt vanzelf na de goedkeuring.

opt-out-title = Secundair gebruik weigeren
opt-out-lead = U beslist of gezondheidsgegevens over u gebruikt mogen worden voor onderzoek en beleid. U hoeft geen reden te geven.
opt-out-1 = Uw recht
opt-out-1-text = Artikel 71 van Verordening (EU) 2025/327 laat u toe om secundair gebruik op elk moment te weigeren, en op elk moment terug te komen. Aan uw zorg verandert niets.
opt-out-2 = Wat er dan gebeurt
opt-out-2-text = De vertrouwde derde maakt voor u geen pseudoniem meer, zodat gegevens die vanaf dan aankomen in geen enkele dataset terechtkomen. Die derde weet niet wie u bent, en noch deze autoriteit noch een onderzoeker verneemt uw naam.
opt-out-3 = Wat niet verandert
opt-out-3-text = Wat vóór uw keuze werd opgenomen, en de tabellen die ermee gemaakt zijn, blijven zoals ze zijn. Tabellen gaan over groepen mensen; kleine aantallen worden erin verborgen.
opt-out-4 = Hoe u het doet
opt-out-4-text = Uw keuze wordt geregistreerd door de opt-outdienst van uw gezondheidszorg, niet op deze site: wij weten niet wie u bent en willen dat zo houden. Uw huisarts, apotheker of ziekenfonds kan u de weg wijzen.

privacy-title = Privacy
privacy-lead = Wat deze site zelf over haar bezoekers bewaart: zo weinig mogelijk.
privacy-1 = Lezen zonder account
privacy-1-text = Wij plaatsen geen cookie, vragen niets aan andere sites en meten geen bezoekers.
privacy-2 = Aanmelden
privacy-2-text = Vanaf de aanmeldpagina bevat één cookie een willekeurig getal. Het vervalt na dertig minuten zonder gebruik, in elk geval na tien uur, en wanneer u zich afmeldt.
privacy-3 = Wat er gelogd wordt
privacy-3-text = Beslissingen over vrijgaven worden bewaard met het account dat ze nam en het tijdstip, in een logboek dat niet veranderd kan worden. Het logboek bevat geen gezondheidsgegevens.
privacy-4 = Uw rechten
privacy-4-text = U mag vragen wat over uw account bewaard wordt te zien of te verbeteren, en klacht indienen bij de gegevensbeschermingsautoriteit van uw land.

accessibility-title = Toegankelijkheid
accessibility-lead = Deze site is er voor iedereen, welk toestel of hulpmiddel u ook gebruikt.
accessibility-1 = Wat wij nastreven
accessibility-1-text = Wij bouwen volgens de Web Content Accessibility Guidelines 2.2, niveau AA. Elke pagina werkt zonder scripts, met alleen een toetsenbord, op 320 pixels breed en op papier.
accessibility-2 = Wat er nog ontbreekt
accessibility-2-text = Er is nog geen onafhankelijke audit gebeurd. Beschrijvingen die gegevenshouders in één taal geven, worden in die taal getoond.
accessibility-3 = Laat het ons weten
accessibility-3-text = Houdt iets u tegen? Schrijf naar de autoriteit op het adres in haar contactgegevens. U krijgt binnen een maand antwoord; zo niet, dan kunt u naar de ombudsman stappen.
