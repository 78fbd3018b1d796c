"""The names and values that people give in English and Spanish: data alone, read by `guesses`."""

# Our word -> how people write it, folded (no capitals, no accents).
SPELLINGS = {
    "account": "cuenta",
    "address": "direccion domicilio",
    "after": "post despues posterior ahora now actual",
    "amount": "amounts importe importes monto amt",
    "arm": "brazo",
    "before": "antes pre",
    "by": "por per",
    "campaign": "campana",
    "channel": "canal",
    "code": "codigo cod",
    "condition": "condicion",
    "contact": "contacto",
    "contribution": "contribucion",
    "controllability": "controlabilidad",
    "correlation": "correlacion",
    "cost": "coste costo",
    "customer": "cliente clienta client cust",
    "date": "fecha fec dt",
    "design": "diseno",
    "device": "dispositivo",
    "distributive": "distributiva",
    "effect": "efecto",
    "end": "fin",
    "failure": "fallo falla",
    "failures": "fallos fallas",
    "gross": "bruto bruta",
    "group": "grupo grp",
    "id": "identificador identifier",
    "in": "en",
    "income": "revenue ingreso ingresos facturacion turnover",
    "intention": "intencion intent",
    "interactional": "interaccional",
    "invited": "invitado invitada",
    "invoice": "factura",
    "joined": "join alta signup registro registration incorporacion enrollment enrolment",
    "justice": "justicia fairness",
    "last": "ultima ultimo",
    "left": "baja churn cancel cancelacion cancellation",
    "line": "linea",
    "margin": "margen",
    "mean": "media",
    "member": "socio socia miembro",
    "month": "mes",
    "monthly": "mensual",
    "months": "meses",
    "net": "neto neta",
    "number": "numero num nr no nro n #",
    "operation": "operacion",
    "order": "pedido",
    "outcome": "resultado",
    "overall": "global general",
    "participant": "participante",
    "payment": "pago",
    "percent": "% percentage pct porcentaje porcentual porc",
    "previous": "prior past previo previa previos previas anterior anteriores",
    "procedural": "procedimental",
    "purchase": "compra",
    "quality": "calidad",
    "receipt": "ticket recibo",
    "recency": "recencia",
    "recommendation": "recomendacion",
    "recommended": "recomendado recomendada",
    "recovery": "recuperacion",
    "referral": "referencia",
    "referrals": "referencias",
    "referred": "referido referida",
    "referrer": "referidor referidora recomendador recomendadora padrino",
    "repurchase": "recompra",
    "respondent": "encuestado encuestada entrevistado entrevistada",
    "response": "respuesta",
    "review": "revision",
    "reward": "recompensa premio",
    "sale": "venta",
    "sales": "ventas",
    "sampling": "muestral",
    "satisfaction": "satisfaccion csat",
    "sd": "desviacion",
    "segment": "segmento",
    "sent": "envio send sending",
    "service": "servicio",
    "severity": "severidad gravedad",
    "sign": "signo",
    "since": "desde",
    "source": "fuente",
    "stability": "estabilidad",
    "start": "inicio",
    "status": "estado estatus",
    "study": "estudio",
    "subjects": "sujetos",
    "survey": "encuesta",
    "tenure": "antiguedad",
    "time": "hora",
    "transaction": "transaccion",
    "treated": "tratado tratada",
    "treatment": "tratamiento",
    "user": "usuario usuaria",
    "variance": "varianza",
    "variant": "variante",
    "wave": "ola",
    "weight": "peso ponderacion",
    "year": "ano",
}
_ARTICLES = "de del la el los las of the"
# Words that do not change what a column is: articles, "of", "is", "and", the currency of an amount.
SILENT = frozenset(f"{_ARTICLES} is es was fue and y eur euro euros usd gbp".split())

_CUSTOMER = (
    "customer id, customer number, customer code, user id, user number, user code, member id, "
    "member number, member code",
    "customer, user, member",
)
_AMOUNT = (
    "amount, amount in, amount line, total line, net amount, gross amount, amount purchase, amount sale, "
    "amount transaction, income, income net, income line",
    "total, total in, amount total, amount order, amount invoice, amount receipt, total order, total invoice, "
    "total purchase, total sale, sale, sales",
)
_MARGIN = ("margin, margin in, gross margin, contribution margin, margin line, margin amount",)


def _twice(ours: str, *names: str) -> dict[str, tuple[str, ...]]:
    """Return the names of a score taken twice: now, and before."""
    now = (f"{name}{when}" for name in names for when in ("", " after", " w2", " wave 2"))
    before = (f"{name} {when}" for name in names for when in ("before", "previous", "w1", "wave 1"))
    return {ours: (", ".join(now),), f"{ours}_before": (", ".join(before),)}


# Table -> our column -> its names in our words, the surer before the less sure.
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "survey": {
        "respondent_id": (
            "respondent id, respondent number, respondent code, respondent, response id, "
            "participant id, participant number, participant code, participant",
            "id, survey id, survey number, customer id, customer number, customer code",
        ),
        "group": ("group", "condition, treatment group, experimental group"),
        **_twice("satisfaction", "satisfaction", "customer satisfaction", "overall satisfaction"),
        **_twice("repurchase", "repurchase", "repurchase intention"),
        **_twice("word_of_mouth", "word mouth", "wom", "boca a boca", "recommendation"),
        "recovery_quality": ("recovery quality",),
        "severity": ("severity, severity failure",),
        "distributive_justice": ("distributive justice",),
        "procedural_justice": ("procedural justice",),
        "interactional_justice": ("interactional justice",),
        "prior_failures": ("previous failures, number previous failures",),
        "stability": ("stability",),
        "controllability": ("controllability",),
        "segment": ("segment, customer segment",),
        "weight": ("weight, sampling weight, survey weight, weight factor",),
    },
    "effects": {
        "study": ("study, study name, study label, author, authors, paper", "slab"),
        "outcome": ("outcome, outcome variable, dependent variable",),
        "effect": ("effect, effect size, hedges g, yi", "g, smd"),
        "variance": ("variance, sampling variance, variance effect, variance effect size, vi",),
        "mean1": ("mean1, mean 1, m1, m1i, mean recovered",),
        "sd1": ("sd1, sd 1, sd1i, sd recovered",),
        "n1": ("n1, n 1, n1i, n recovered",),
        "mean2": ("mean2, mean 2, m2, m2i, mean no failure",),
        "sd2": ("sd2, sd 2, sd2i, sd no failure",),
        "n2": ("n2, n 2, n2i, n no failure",),
        "r": ("r, correlation, ri",),
        "n": ("n, ni, sample size, total n",),
        "t": ("t, t value, t statistic",),
        "f": ("f, f value, f statistic",),
        "p": ("p, p value",),
        "sign": ("sign, direction",),
        "before_after_r": ("before after r, correlation before after",),
        "year": ("year, publication year",),
        "design": ("design, study design",),
        "subjects": ("subjects, sample, participants",),
        "service": ("service, service category",),
        "source": ("source, reference",),
    },
    "transactions": {
        "customer_id": _CUSTOMER,
        "date": (
            "date purchase, date order, date sale, date transaction, date operation, "
            "date receipt, date invoice, date line",
            "date, date time",
        ),
        "amount": _AMOUNT,
        "margin": _MARGIN,
        "channel": ("channel, channel sale, channel sales, channel purchase",),
    },
    "contacts": {
        "arm": (
            "arm, treatment arm, experimental group",
            "group, condition, variant, treatment, treatment group",
            "control, holdout, control group, treated",
        ),
        "customer_id": (_CUSTOMER[0], _CUSTOMER[1], "id"),
        "contacted_on": (
            "contacted on, date contact, date contacted, date sent, sent on, date campaign, date mailing",
            "date",
        ),
        "recency": ("recency, recency months, months since last purchase",),
        "cost": ("cost, cost contact, cost by contact",),
    },
    "customers": {
        "customer_id": (_CUSTOMER[0], _CUSTOMER[1], "id"),
        "joined_on": (
            "joined on, date joined, date sign up, customer since, member since",
            "joined, start date",
        ),
        "left_on": ("left on, date left", "date end"),
        "referred": ("referred", "recommended"),
        "referrer_id": (
            "referrer id, referrer number, referrer code, referrer, referrer customer, "
            "referrer customer id, referred by, recommended by, invited by",
        ),
    },
    "referrals": {
        "referral_id": (
            "referral id, referral number, referral code, recommendation id, recommendation number",
            "id",
        ),
        "referrer_id": (
            "referrer id, referrer number, referrer code, referrer, referrer customer, "
            "referrer customer id, referred by, recommended by, invited by",
            _CUSTOMER[0],
        ),
        "referred_id": (
            "referred id, referred number, referred code, referred, referred customer, "
            "referred customer id, recommended, recommended id, invited, invited id",
        ),
        "referred_on": (
            "referred on, date referral, date referred, date recommendation",
            "date, date sign up",
        ),
        "reward_referrer": ("reward referrer, reward, reward amount",),
        "reward_referred": ("reward referred, reward recommended, reward invited",),
        "status": ("status, review, result review",),
        "device": ("device, device id",),
        "address": ("address, address id",),
        "payment": ("payment, payment id, means payment, account",),
    },
    "referrers": {
        "customer_id": (_CUSTOMER[0], _CUSTOMER[1], "id"),
        "referrals": ("referrals, number referrals, referrals made",),
        "left": ("left, left flag",),
    },
    "margins": {
        "customer_id": _CUSTOMER,
        "month": ("tenure month, tenure months, tenure in months", "month, month number"),
        "margin": _MARGIN,
    },
}

# Our column -> our value -> how people write it; folded, punctuation as a space.
VALUES = {
    "group": {
        "no_failure": "no failure, no failures, without failure, sin fallo, sin fallos, ningun fallo, "
        "no fallo, no hubo fallo, sin problema, sin problemas, no problem, sin incidencia, sin incidencias",
        "failure": "failure, fallo, failure without recovery, failure no recovery, "
        "failure and no recovery, fallo sin recuperacion, fallo sin recuperar",
        "recovered": "recovered, recuperado, recuperada, recovery, recuperacion, resolved, resuelto, "
        "resuelta, solved, solucionado, solucionada, failure recovered, failure and recovery, "
        "failure with recovery, fallo recuperado, fallo con recuperacion, fallo y recuperacion, "
        "complaint solved, complaint resolved, queja resuelta",
    },
    "arm": {
        "holdout": "holdout, hold out, holdout group, control, control group, grupo control, "
        "grupo de control, no contact, not contacted, no contactado, sin contacto, no email, no e mail, "
        "sin email, sin e mail, sin envio, no mailing, sin mailing",
    },
    "status": {
        "genuine": "genuine, real, ok, valid, approved, autentico, autentica, valido, valida, legitimo, legitima",
        "fraud": "fraud, fraudulent, fake, fraude, fraudulento, fraudulenta, falso, falsa",
    },
}
YES, NO = ("yes", "si", "s", "y", "true", "verdadero", "cierto"), ("no", "n", "false", "falso")
CONTROL = ("control", "control group", "holdout")  # an arm written as yes or no: yes is the holdout
TREATED = ("treated", "treatment")  # yes is treated
