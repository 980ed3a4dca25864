# Every sentence of the portal. Other languages have the same keys and the same places.
authority = Health Data Authority
tagline = Statistics from health data, without anyone learning who the people are
skip = Skip to the content
languages = Languages
menu = Main menu
menu-datasets = Datasets
menu-releases = Released tables
menu-opt-out = Opt out
menu-my-work = My work
sign-in = Sign in
sign-out = Sign out
demo-tag = Demonstration
demo-line = Every person and every number here is invented.
footer-law = Second use of health data under Regulation (EU) 2025/327, the European Health Data Space.
footer-menu = About this site
crumbs = Where you are
to-home = To the home page
never = not yet

date = { $day } { $month } { $year }
moment = { $day }, { $time } UTC
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

role = Role
role-researcher = Researcher
role-policy-analyst = Policy analyst
role-privacy-officer = Privacy officer
role-case-handler = Case handler
role-decision-maker = Decision maker
role-steward = Data steward
role-auditor = Auditor
role-administrator = Administrator

home-title = Health data for research and policy, with people’s privacy kept
home-lead = See which health data exist, read the tables that were made from them, and check how each one was protected.
search-label = Search the datasets
search-button = Search
search-clear = Show all datasets
figure-datasets = { $count ->
    [one] dataset described
   *[other] datasets described
}
figure-releases = { $count ->
    [one] table released
   *[other] tables released
}
figure-updated = last update
home-entrances = Where would you like to start?
entrance-find = Find data
entrance-find-text = For researchers and policy makers: what is held, since when, about how many people, variable by variable.
entrance-read = Read released tables
entrance-read-text = For everyone: each table with its question in plain words, its files and a way to check them.
entrance-citizen = Your data, your choice
entrance-citizen-text = For citizens: what is done with health data, and how to opt out at any time without a reason.
home-protect = How people are protected
home-protect-text = No single party ever holds both who you are and what was recorded about your health. What leaves is a table about groups, never about a person, and a privacy officer has looked at it first.
step-1 = Names stay with the hospital
step-1-text = Holders replace identifiers before anything leaves, and send health data separately.
step-2 = A trusted third party makes pseudonyms
step-2-text = It never sees health data, and leaves out everyone who opted out.
step-3 = Only an approved plan runs
step-3-text = A table is counted from an approved plan, and small numbers are hidden.
step-4 = A privacy officer decides
step-4-text = The officer sees the very table that will be public. Then it is signed and released.

datasets-title = Datasets
datasets-lead = What the data holders make available for second use. The descriptions follow HealthDCAT-AP and are computed from the data themselves.
datasets-found = { $count ->
    [0] No dataset found.
    [one] { $shown } dataset.
   *[other] { $shown } datasets.
}
datasets-none = No dataset mentions all of these words. Try fewer or other words.
dataset-kicker = Dataset
dataset-about = About this dataset
dataset-releases = Tables released from this dataset
records = Records
persons = People
variables = Variables
updated = last update
period = Period
ages = Ages
population = Who is in it
holders = Data holders
provenance = How it was made
version = Version
fewer-than = fewer than { $shown }
not-shown = not shown
ask-title = How to ask
ask-text = Ask for statistics and you receive a table; the records themselves never leave. Say which variables you need, for which people and which period.
machine-title = For machines
machine-turtle = Description as Turtle
machine-jsonld = Description as JSON-LD
machine-text = HealthDCAT-AP, ready to be harvested.
variables-caption = What each record of this dataset holds
variable-name = Variable
variable-meaning = Meaning
variable-kind = Type
variable-source = Source and code system
variable-filled = Filled in
kind-text = code or text
kind-date = date
kind-integer = whole number
kind-decimal = decimal number
kind-boolean = yes or no
kind-linked = research id of something linked

releases-title = Released tables
releases-lead = The public register of every table that left, who asked for it and from which data it was made.
releases-none = No table was released yet.
release-kicker = Released table
published = Released on
requester = Asked by
approval = Approval
cells = Cells
cells-shown = { $shown } shown
cells-hidden = { $count ->
    [0] none hidden
   *[other] { $shown } hidden
}
chart-title = At a glance
chart-description = Bar chart. The table below holds the same numbers.
table-title = The numbers
hidden-short = hidden
hidden-too-few = hidden: fewer than { $count ->
    [one] { $shown } person
   *[other] { $shown } people
}
hidden-dominance = hidden: one contributor makes up most of it
hidden-note = Hidden cells protect the few people they are about. Their numbers are not in the files either.
files-title = Download
files-none = The files are not there at the moment. Please come back later.
file-csv = the table for any spreadsheet
file-parquet = the table for analysis tools
file-manifest = what is in the package, with digests
file-signature = the authority’s signature
file-json = details for machines
file-report = the report, to read
file-rules = the rules it was protected by
file-other = further file
verify-title = Check it yourself
verify-text = Download all files into one folder of their own and run the command below there. It needs no network, and shows whether anything was changed after signing.
digest = Digest of the protected table (SHA-256)

sign-in-lead = For people who work with the authority. Reading datasets and released tables needs no account.
sign-in-name = Name
sign-in-password = Password
sign-in-wrong = The name or the password is wrong.
sign-in-locked = Too many attempts with this name. Try again in fifteen minutes.
demo-accounts = Accounts to try
demo-accounts-text = This is a demonstration. Each account shows the portal as that role sees it.
error-title = There is a problem

pending-title = Waiting for your decision
pending-none = Nothing waits. New tables appear here by themselves.
approved-title = Approved, about to be published
returned-title = Returned
state-proposed = to decide
state-approved = approved
state-returned = returned
state-published = public
work-none = Nothing waits for you here. Your role takes no decisions on releases.
pending-kicker = Proposed release
proposed = Proposed
figure-shown = cells shown
figure-hidden = cells hidden
plan-title = What was asked
plan-json = The plan exactly as it ran (JSON)
pending-table-title = The table exactly as it will leave
pending-table-text = Nothing else leaves: a number you do not see here is in no file of the package.
hidden-title = What is hidden and why
hidden-reason = Reason
hidden-nothing = No cell had to be hidden.
decision-title = Your decision
approve-title = Release it
approve-text = You approve the table above, cell for cell. It becomes public at once and cannot be taken back.
approve-button = Approve and release
return-title = Return it
return-reason = Why can it not leave like this?
return-hint = The requester reads this. Name no persons.
return-button = Return with this reason
reason-empty = Write why the table cannot leave.
reason-too-long = Write at most 2,000 characters.
approved-panel = Approved
approved-panel-text = The package is being signed. It will be public in a moment.
look-again = See whether it is public
returned-panel = This table was returned.
decided-by = Decided by

problem-not-found-title = Page not found
problem-not-found-what = There is no page at this address.
problem-not-found-next = Check the address, or start from the home page. A table that is not released yet cannot be seen here.
problem-forbidden-title = Not for this account
problem-forbidden-what = Your role may not see or do this.
problem-forbidden-next = If you need it for your work, ask the administrator of your organisation for another role.
problem-forged-title = Please send the form again
problem-forged-what = The form did not come from a page of your present session, so nothing was changed.
problem-forged-next = Open the page again, check that you are still signed in, and send the form once more.
problem-bad-request-title = The request could not be read
problem-bad-request-what = Something in the request was not as expected, and nothing was changed.
problem-bad-request-next = Go back and try once more.
problem-too-large-title = That is too long
problem-too-large-what = The form held more than can be taken, and nothing was changed.
problem-too-large-next = Go back and shorten what you wrote.
problem-too-slow-title = That took too long
problem-too-slow-what = The answer did not come in time.
problem-too-slow-next = Wait a minute and try once more.
problem-refused-title = This cannot be done
problem-refused-next = Open the release again from “My work” to see where it stands.
problem-failure-title = Something went wrong on our side
problem-failure-what = The page could not be shown. We have been told.
problem-failure-next = Try again in a few minutes. If you sent a form, check first whether it arrived.
refusal-may-not-propose = Your role may not propose a release.
refusal-not-a-privacy-officer = Only a privacy officer approves or returns a release.
refusal-own-proposal = Nobody decides on a release they asked for or proposed themselves. Another officer must do it.
refusal-other-table = The approval was for another table than the one proposed. Nothing was released.
refusal-already-decided = A decision on this release was already taken.
refusal-not-approved = A release is published only once it was approved.
refusal-only-the-system-publishes = Publishing happens by itself after the approval.

opt-out-title = Opt out of second use
opt-out-lead = You decide whether health data about you may be used for research and policy. You need to give no reason.
opt-out-1 = Your right
opt-out-1-text = Article 71 of Regulation (EU) 2025/327 lets you opt out of second use at any time, and come back at any time. Your care does not change.
opt-out-2 = What happens then
opt-out-2-text = The trusted third party gives no pseudonym for you any more, so records that arrive from then on enter no dataset. It does not know who you are, and neither this authority nor any researcher learns your name.
opt-out-3 = What does not change
opt-out-3-text = What was taken in before your choice, and tables made from it, stay as they are. Tables are about groups of people; small numbers are hidden in them.
opt-out-4 = How to do it
opt-out-4-text = Your choice is registered by the opt-out service of your health system, not on this site: we do not know who you are, and would like to keep it that way. Your family doctor, pharmacist or sickness fund can point you to it.

privacy-title = Privacy
privacy-lead = What this site itself keeps about its visitors: as little as possible.
privacy-1 = Reading without an account
privacy-1-text = We set no cookie, ask nothing of other sites and measure no visitors.
privacy-2 = Signing in
privacy-2-text = From the sign-in page on, one cookie holds a random number. It ends after thirty minutes without use, after ten hours in any case, and when you sign out.
privacy-3 = What is logged
privacy-3-text = Decisions on releases are kept with the account that took them and the time, in a log that cannot be changed. The log holds no health data.
privacy-4 = Your rights
privacy-4-text = You may ask to see or correct what is kept about your account, and complain to the data protection authority of your country.

accessibility-title = Accessibility
accessibility-lead = This site is meant for everyone, whatever device or aid you use.
accessibility-1 = What we aim for
accessibility-1-text = We build to the Web Content Accessibility Guidelines 2.2, level AA. Every page works without scripts, with a keyboard alone, at 320 pixels wide and on paper.
accessibility-2 = What we know is missing
accessibility-2-text = No independent audit has been done yet. Descriptions that data holders give in one language only are shown in that language.
accessibility-3 = Tell us
accessibility-3-text = If something keeps you out, write to the authority at the address in its contact details. You get an answer within a month; if not, you may turn to the ombudsman.
