# Chaque phrase du portail. Les autres langues ont les mêmes clés et les mêmes places.
authority = Autorité des données de santé
tagline = Des statistiques tirées des données de santé, sans que personne n’apprenne qui sont les gens
skip = Aller au contenu
languages = Langues
menu = Menu principal
menu-datasets = Jeux de données
menu-releases = Tableaux publiés
menu-opt-out = Refuser
menu-my-work = Mon travail
sign-in = Se connecter
sign-out = Se déconnecter
demo-tag = Démonstration
demo-line = Chaque personne et chaque nombre sont ici inventés.
footer-law = Utilisation secondaire des données de santé selon le règlement (UE) 2025/327, l’espace européen des données de santé.
footer-menu = À propos de ce site
crumbs = Où vous êtes
to-home = Vers la page d’accueil
never = pas encore

date = { $day } { $month } { $year }
moment = { $day }, { $time } UTC
month-1 = janvier
month-2 = février
month-3 = mars
month-4 = avril
month-5 = mai
month-6 = juin
month-7 = juillet
month-8 = août
month-9 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre

role = Rôle
role-researcher = Chercheur
role-policy-analyst = Analyste des politiques
role-privacy-officer = Responsable de la vie privée
role-case-handler = Gestionnaire de dossiers
role-decision-maker = Décideur
role-steward = Intendant des données
role-auditor = Auditeur
role-administrator = Administrateur

home-title = Des données de santé pour la recherche et les politiques, dans le respect de la vie privée
home-lead = Voyez quelles données de santé existent, lisez les tableaux qui en sont tirés et vérifiez comment chacun a été protégé.
search-label = Chercher dans les jeux de données
search-button = Chercher
search-clear = Afficher tous les jeux de données
figure-datasets = { $count ->
    [one] jeu de données décrit
   *[other] jeux de données décrits
}
figure-releases = { $count ->
    [one] tableau publié
   *[other] tableaux publiés
}
figure-updated = dernière mise à jour
home-entrances = Par où souhaitez-vous commencer ?
entrance-find = Trouver des données
entrance-find-text = Pour les chercheurs et les décideurs : ce qui existe, depuis quand, sur combien de personnes, variable par variable.
entrance-read = Lire les tableaux publiés
entrance-read-text = Pour tous : chaque tableau avec sa question en mots simples, ses fichiers et un moyen de les vérifier.
entrance-citizen = Vos données, votre choix
entrance-citizen-text = Pour les citoyens : ce qui est fait des données de santé, et comment refuser à tout moment sans donner de raison.
home-protect = Comment les personnes sont protégées
home-protect-text = Aucune partie ne détient jamais à la fois qui vous êtes et ce qui est noté sur votre santé. Ce qui sort est un tableau sur des groupes, jamais sur une personne, et un responsable de la vie privée l’a d’abord examiné.
step-1 = Les noms restent à l’hôpital
step-1-text = Les détenteurs remplacent les identifiants avant tout envoi, et envoient les données de santé à part.
step-2 = Un tiers de confiance crée les pseudonymes
step-2-text = Il ne voit jamais de données de santé, et écarte toute personne qui a refusé.
step-3 = Seul un plan approuvé est exécuté
step-3-text = Un tableau est compté selon un plan approuvé, et les petits nombres sont masqués.
step-4 = Un responsable de la vie privée décide
step-4-text = Il voit exactement le tableau qui sera public. Celui-ci est ensuite signé et publié.

datasets-title = Jeux de données
datasets-lead = Ce que les détenteurs de données mettent à disposition pour une utilisation secondaire. Les descriptions suivent HealthDCAT-AP et sont calculées à partir des données elles-mêmes.
datasets-found = { $count ->
    [0] Aucun jeu de données trouvé.
    [one] { $shown } jeu de données.
   *[other] { $shown } jeux de données.
}
datasets-none = Aucun jeu de données ne contient tous ces mots. Essayez moins de mots ou d’autres mots.
dataset-kicker = Jeu de données
dataset-about = À propos de ce jeu de données
dataset-releases = Tableaux tirés de ce jeu de données
records = Enregistrements
persons = Personnes
variables = Variables
updated = dernière mise à jour
period = Période
ages = Âges
population = Qui en fait partie
holders = Détenteurs de données
provenance = Comment il a été fait
version = Version
fewer-than = moins de { $shown }
not-shown = non affiché
ask-title = Comment demander
ask-text = Demandez des statistiques et vous recevez un tableau ; les enregistrements eux-mêmes ne sortent jamais. Dites quelles variables il vous faut, pour quelles personnes et quelle période.
machine-title = Pour les machines
machine-turtle = Description en Turtle
machine-jsonld = Description en JSON-LD
machine-text = HealthDCAT-AP, prêt à être moissonné.
variables-caption = Ce que contient chaque enregistrement de ce jeu de données
variable-name = Variable
variable-meaning = Signification
variable-kind = Type
variable-source = Source et système de codes
variable-filled = Rempli
kind-text = code ou texte
kind-date = date
kind-integer = nombre entier
kind-decimal = nombre décimal
kind-boolean = oui ou non
kind-linked = identifiant de recherche d’un élément lié

releases-title = Tableaux publiés
releases-lead = Le registre public de chaque tableau sorti, de qui l’a demandé et des données dont il est tiré.
releases-none = Aucun tableau n’a encore été publié.
release-kicker = Tableau publié
published = Publié le
requester = Demandé par
approval = Approbation
cells = Cellules
cells-shown = { $shown } affichées
cells-hidden = { $count ->
    [0] aucune masquée
    [one] { $shown } masquée
   *[other] { $shown } masquées
}
chart-title = En un coup d’œil
chart-description = Diagramme en barres. Le tableau ci-dessous contient les mêmes nombres.
table-title = Les nombres
hidden-short = masqué
hidden-too-few = masqué : moins de { $count ->
    [one] { $shown } personne
   *[other] { $shown } personnes
}
hidden-dominance = masqué : une seule source en fait la plus grande part
hidden-note = Les cellules masquées protègent les quelques personnes dont elles parlent. Leurs nombres ne sont pas non plus dans les fichiers.
files-title = Télécharger
files-none = Les fichiers ne sont pas là pour le moment. Revenez plus tard.
file-csv = le tableau pour tout tableur
file-parquet = le tableau pour les outils d’analyse
file-manifest = le contenu du paquet, avec ses empreintes
file-signature = la signature de l’autorité
file-json = détails pour les machines
file-report = le rapport, à lire
file-rules = les règles qui l’ont protégé
file-other = autre fichier
verify-title = Vérifiez vous-même
verify-text = Téléchargez tous les fichiers dans un dossier à part et lancez-y la commande ci-dessous. Elle n’a pas besoin de réseau et montre si quelque chose a changé après la signature.
digest = Empreinte du tableau protégé (SHA-256)

sign-in-lead = Pour les personnes qui travaillent avec l’autorité. Lire les jeux de données et les tableaux publiés ne demande pas de compte.
sign-in-name = Nom
sign-in-password = Mot de passe
sign-in-wrong = Le nom ou le mot de passe est incorrect.
sign-in-locked = Trop d’essais avec ce nom. Réessayez dans un quart d’heure.
demo-accounts = Comptes pour essayer
demo-accounts-text = Ceci est une démonstration. Chaque compte montre le portail tel que ce rôle le voit.
error-title = Il y a un problème

pending-title = En attente de votre décision
pending-none = Rien n’attend. Les nouveaux tableaux apparaissent ici d’eux-mêmes.
approved-title = Approuvés, bientôt publiés
returned-title = Renvoyés
state-proposed = à décider
state-approved = approuvé
state-returned = renvoyé
state-published = public
work-none = Rien ne vous attend ici. Votre rôle ne décide pas des publications.
pending-kicker = Publication proposée
proposed = Proposé
figure-shown = cellules affichées
figure-hidden = cellules masquées
plan-title = Ce qui a été demandé
plan-json = Le plan tel qu’il a été exécuté (JSON)
pending-table-title = Le tableau exactement comme il sortira
pending-table-text = Rien d’autre ne sort : un nombre que vous ne voyez pas ici n’est dans aucun fichier du paquet.
hidden-title = Ce qui est masqué et pourquoi
hidden-reason = Raison
hidden-nothing = Aucune cellule n’a dû être masquée.
decision-title = Votre décision
approve-title = Publier
approve-text = Vous approuvez le tableau ci-dessus, cellule par cellule. Il devient public aussitôt et ne peut être repris.
approve-button = Approuver et publier
return-title = Renvoyer
return-reason = Pourquoi ne peut-il pas sortir ainsi ?
return-hint = Le demandeur lit ceci. Ne nommez personne.
return-button = Renvoyer avec cette raison
reason-empty = Écrivez pourquoi le tableau ne peut pas sortir.
reason-too-long = Écrivez au plus 2 000 caractères.
approved-panel = Approuvé
approved-panel-text = Le paquet est en cours de signature. Il sera public dans un instant.
look-again = Voir s’il est public
returned-panel = Ce tableau a été renvoyé.
decided-by = Décidé par

problem-not-found-title = Page introuvable
problem-not-found-what = Il n’y a pas de page à cette adresse.
problem-not-found-next = Vérifiez l’adresse ou partez de la page d’accueil. Un tableau qui n’est pas encore publié ne se voit pas ici.
problem-forbidden-title = Pas pour ce compte
problem-forbidden-what = Votre rôle ne peut ni voir ni faire cela.
problem-forbidden-next = Si vous en avez besoin pour votre travail, demandez un autre rôle à l’administrateur de votre organisation.
problem-forged-title = Veuillez renvoyer le formulaire
problem-forged-what = Le formulaire ne venait pas d’une page de votre session actuelle ; rien n’a été changé.
problem-forged-next = Rouvrez la page, vérifiez que vous êtes encore connecté et renvoyez le formulaire.
problem-bad-request-title = La demande n’a pas pu être lue
problem-bad-request-what = Quelque chose n’était pas comme prévu ; rien n’a été changé.
problem-bad-request-next = Revenez en arrière et réessayez.
problem-too-large-title = C’est trop long
problem-too-large-what = Le formulaire contenait plus que ce qui est accepté ; rien n’a été changé.
problem-too-large-next = Revenez en arrière et raccourcissez votre texte.
problem-too-slow-title = Cela a pris trop de temps
problem-too-slow-what = La réponse n’est pas venue à temps.
problem-too-slow-next = Attendez une minute et réessayez.
problem-refused-title = Ce n’est pas possible
problem-refused-next = Rouvrez la publication depuis « Mon travail » pour voir où elle en est.
problem-failure-title = Une erreur s’est produite chez nous
problem-failure-what = La page n’a pas pu être affichée. Nous en sommes avertis.
problem-failure-next = Réessayez dans quelques minutes. Si vous avez envoyé un formulaire, vérifiez d’abord s’il est arrivé.
refusal-may-not-propose = Votre rôle ne peut pas proposer de publication.
refusal-not-a-privacy-officer = Seul un responsable de la vie privée approuve ou renvoie une publication.
refusal-own-proposal = Personne ne décide d’une publication qu’il a demandée ou proposée lui-même. Un autre responsable doit le faire.
refusal-other-table = L’approbation portait sur un autre tableau que celui proposé. Rien n’a été publié.
refusal-already-decided = Une décision a déjà été prise sur cette publication.
refusal-not-approved = Une publication n’a lieu qu’après son approbation.
refusal-only-the-system-publishes = La publication se fait d’elle-même après l’approbation.

opt-out-title = Refuser l’utilisation secondaire
opt-out-lead = Vous décidez si les données de santé qui vous concernent peuvent servir à la recherche et aux politiques. Aucune raison n’est à donner.
opt-out-1 = Votre droit
opt-out-1-text = L’article 71 du règlement (UE) 2025/327 vous permet de refuser l’utilisation secondaire à tout moment, et de revenir à tout moment. Vos soins ne changent pas.
opt-out-2 = Ce qui se passe alors
opt-out-2-text = Le tiers de confiance ne crée plus de pseudonyme pour vous : les données qui arrivent à partir de ce moment n’entrent dans aucun jeu de données. Il ignore qui vous êtes, et ni cette autorité ni aucun chercheur n’apprend votre nom.
opt-out-3 = Ce qui ne change pas
opt-out-3-text = Ce qui a été repris avant votre choix, et les tableaux établis à partir de ces données, restent inchangés. Les tableaux portent sur des groupes de personnes ; les petits nombres y sont masqués.
opt-out-4 = Comment faire
opt-out-4-text = Votre choix est enregistré par le service de refus de votre système de santé, non sur ce site : nous ne savons pas qui vous êtes et tenons à ce que cela reste ainsi. Votre médecin, votre pharmacien ou votre mutualité peut vous l’indiquer.

privacy-title = Vie privée
privacy-lead = Ce que ce site garde lui-même de ses visiteurs : le moins possible.
privacy-1 = Lire sans compte
privacy-1-text = Nous ne posons aucun cookie, ne demandons rien à d’autres sites et ne mesurons pas les visites.
privacy-2 = Se connecter
privacy-2-text = Dès la page de connexion, un seul cookie contient un nombre aléatoire. Il prend fin après trente minutes sans usage, en tout cas après dix heures, et quand vous vous déconnectez.
privacy-3 = Ce qui est journalisé
privacy-3-text = Les décisions sur les publications sont gardées avec le compte qui les a prises et l’heure, dans un journal qui ne peut être modifié. Le journal ne contient aucune donnée de santé.
privacy-4 = Vos droits
privacy-4-text = Vous pouvez demander à voir ou à corriger ce qui est gardé sur votre compte, et vous plaindre auprès de l’autorité de protection des données de votre pays.

accessibility-title = Accessibilité
accessibility-lead = Ce site s’adresse à tous, quel que soit l’appareil ou l’aide que vous utilisez.
accessibility-1 = Ce que nous visons
accessibility-1-text = Nous suivons les règles WCAG 2.2, niveau AA. Chaque page fonctionne sans script, au clavier seul, à 320 pixels de large et sur papier.
accessibility-2 = Ce qui manque encore
accessibility-2-text = Aucun audit indépendant n’a encore été fait. Les descriptions que les détenteurs ne donnent qu’en une langue sont affichées dans cette langue.
accessibility-3 = Dites-le-nous
accessibility-3-text = Si quelque chose vous arrête, écrivez à l’autorité à l’adresse de ses coordonnées. Vous recevez une réponse dans le mois ; sinon, vous pouvez vous adresser au médiateur.
