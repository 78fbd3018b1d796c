"""What each table must hold: one contract a table, the source of the checks and of the data dictionary."""

from retorno.errors import TableError
from retorno.language import mark, say
from retorno.tables.columns import Column, Contract
from retorno.tables.problems import nearest

GROUPS = ("no_failure", "failure", "recovered")
POINTS = mark("points of the scale")
CURRENCY = mark("currency of the run")
PEOPLE = mark("respondents")


def _answer(name: str, meaning: str, unit: str = POINTS) -> Column:
    """Return an optional column of the survey: a number; who did not answer leaves it empty."""
    return Column(name, "number", unit, meaning, may_be_empty=True)


def _figure(name: str, meaning: str, unit: str = "", **rules) -> Column:
    """Return an optional column of the published effects: a number, empty where the paper does not print it."""
    return Column(name, "number", unit, meaning, may_be_empty=True, **rules)


SURVEY = Contract(
    name="survey",
    row=mark("one respondent"),
    columns=(
        Column("respondent_id", "id", "", mark("who answered"), required=True, unique=True),
        Column(
            "group",
            "text",
            "",
            mark(
                "`no_failure`: nothing went wrong; `failure`: something did and no recovery was "
                "attempted; `recovered`: a recovery was attempted, however well it went"
            ),
            required=True,
            allowed=GROUPS,
        ),
        Column(
            "satisfaction",
            "number",
            POINTS,
            mark("satisfaction now; empty: the respondent left before the second wave"),
            required=True,
            may_be_empty=True,
        ),
        _answer(
            "satisfaction_before", mark("satisfaction before the failure, or in the first wave")
        ),
        _answer(
            "repurchase",
            mark("bought again (0 or 1, or a probability), or the intention to, on the scale"),
            mark("a share, or points of the scale"),
        ),
        _answer(
            "repurchase_before",
            mark("the same before"),
            mark("a share, or points of the scale"),
        ),
        _answer("word_of_mouth", mark("would speak well of the firm, now")),
        _answer("word_of_mouth_before", mark("the same before")),
        _answer("recovery_quality", mark("how well the recovery went; of the recovered")),
        _answer("severity", mark("how grave the failure was; of those who had one")),
        _answer("distributive_justice", mark("fairness of what was given for the failure")),
        _answer("procedural_justice", mark("fairness of how it was handled")),
        _answer("interactional_justice", mark("fairness of how the customer was treated")),
        _answer("prior_failures", mark("failures before this one"), mark("failures")),
        _answer("stability", mark("how likely the cause is to be there again")),
        _answer("controllability", mark("how far the firm could have prevented it")),
        Column("segment", "text", "", mark("kind of customer"), may_be_empty=True),
        Column(
            "weight",
            "number",
            mark("respondents"),
            mark("how many respondents this one stands for; 0 leaves it out of weighted results"),
            minimum=0,
        ),
    ),
)

EFFECTS = Contract(
    name="effects",
    row=mark(
        "one published study and outcome; an effect in standard deviations, or what makes one"
    ),
    columns=(
        Column(
            "study",
            "text",
            "",
            mark("who published it; rows of one study share the name"),
            required=True,
        ),
        Column(
            "outcome",
            "text",
            "",
            mark(
                "what was measured: `satisfaction`, `repurchase`, `word_of_mouth` or another word"
            ),
            required=True,
        ),
        _figure(
            "effect",
            mark(
                "recovered minus comparison (no failure; of pairs, before), Hedges g or the like; needs `variance`"
            ),
            mark("pooled SD"),
        ),
        _figure("variance", mark("variance of `effect`, its standard error squared"), minimum=0),
        _figure("mean1", mark("mean of the recovered; of pairs, after"), POINTS),
        _figure("sd1", mark("standard deviation of the same"), POINTS, minimum=0),
        _figure(
            "n1", mark("how many they are; of pairs, how many pairs"), PEOPLE, minimum=1, whole=True
        ),
        _figure("mean2", mark("mean of those without a failure; of pairs, before"), POINTS),
        _figure("sd2", mark("standard deviation of the same"), POINTS, minimum=0),
        _figure("n2", mark("how many they are; empty for pairs"), PEOPLE, minimum=1, whole=True),
        _figure(
            "r",
            mark("correlation of being recovered (1) or not (0) with the outcome; needs `n`"),
            minimum=-1,
            maximum=1,
        ),
        _figure("n", mark("respondents in both groups together"), PEOPLE, minimum=1, whole=True),
        _figure("t", mark("t of recovered minus comparison; needs `n1` and `n2`")),
        _figure(
            "f",
            mark("F of the two groups, 1 degree of freedom; needs `sign`, `n1`, `n2`"),
            minimum=0,
        ),
        _figure("p", mark("two-sided p; needs `sign`, `n1`, `n2`"), minimum=0, maximum=1),
        _figure(
            "sign",
            mark("1: the recovered were higher; -1: lower; for `f` and `p`"),
            minimum=-1,
            maximum=1,
        ),
        _figure(
            "before_after_r",
            mark("correlation of the two scores of one person; makes the row one of pairs"),
            minimum=-1,
            maximum=1,
        ),
        _figure("year", mark("of publication"), mark("year"), whole=True),
        Column(
            "design",
            "text",
            "",
            mark("between or within persons, field or scenario"),
            may_be_empty=True,
        ),
        Column("subjects", "text", "", mark("who was asked"), may_be_empty=True),
        Column("service", "text", "", mark("which service failed"), may_be_empty=True),
        Column(
            "source",
            "text",
            "",
            mark("where the numbers were read: paper, table, page"),
            may_be_empty=True,
        ),
    ),
)

TRANSACTIONS = Contract(
    name="transactions",
    row=mark("one line of a purchase; all lines of a customer on one day are one purchase"),
    columns=(
        Column("customer_id", "id", "", mark("who bought, as written in the file"), required=True),
        Column("date", "date", "", mark("day of the purchase"), required=True),
        Column(
            "amount",
            "money",
            CURRENCY,
            mark("revenue of the line; negative is a return or a cancellation"),
            required=True,
        ),
        Column(
            "margin",
            "money",
            CURRENCY,
            mark("what the line earned after its variable cost; may be negative"),
        ),
        Column("channel", "text", "", mark("where it was bought"), may_be_empty=True),
    ),
)

CONTACTS = Contract(
    name="contacts",
    row=mark("one customer of a win-back campaign, contacted or held out"),
    columns=(
        Column(
            "arm",
            "text",
            "",
            mark("`holdout` for customers held out; any other value names a treated arm"),
            required=True,
        ),
        Column(
            "customer_id",
            "id",
            "",
            mark("joins the customer's transactions; without it each row is one customer"),
            unique=True,
        ),
        Column("contacted_on", "date", "", mark("day of the contact"), may_be_empty=True),
        Column(
            "recency",
            "number",
            mark("months"),
            mark("months since the last purchase, at the time of the contact"),
            minimum=0,
        ),
        Column(
            "cost",
            "money",
            CURRENCY,
            mark("paid for this contact and its offer, a positive amount; 0 when nothing was paid"),
            minimum=0,
        ),
    ),
    extra=mark("every other column is kept under its own name, as an outcome or a covariate"),
)

WHO = Column(
    "customer_id", "id", "", mark("who it is, as written in the file"), required=True, unique=True
)

CUSTOMERS = Contract(
    name="customers",
    row=mark("one customer, referred or not"),
    columns=(
        WHO,
        Column("joined_on", "date", "", mark("first day as a customer"), required=True),
        Column(
            "left_on",
            "date",
            "",
            mark("day the customer left; empty: still a customer on the last day of data"),
            may_be_empty=True,
            not_before="joined_on",
        ),
        Column("referred", "flag", "", mark("whether a customer brought this one"), required=True),
        Column(
            "referrer_id",
            "id",
            "",
            mark("the customer who brought this one; empty when nobody did or it is not known"),
            may_be_empty=True,
        ),
    ),
    extra=mark("every other column is kept under its own name, as a covariate"),
)

MARGINS = Contract(
    name="margins",
    row=mark("one customer in one month of tenure, also when nothing was earned in it"),
    columns=(
        Column("customer_id", "id", "", mark("joins the customers"), required=True),
        Column(
            "month",
            "number",
            mark("months of 30.4375 days"),
            mark("month of tenure; 1 begins on the day of joining"),
            required=True,
            minimum=1,
            whole=True,
            once_for="customer_id",
        ),
        Column(
            "margin",
            "money",
            CURRENCY,
            mark("what the customer earned the firm in the month; 0 when nothing, may be negative"),
            required=True,
        ),
    ),
)


def _sign_up(name: str, meaning: str) -> Column:
    """Return an optional column of the referrals: what was given when the referred signed up."""
    return Column(name, "id", "", meaning, may_be_empty=True)


REFERRALS = Contract(
    name="referrals",
    row=mark("one referral that was recorded, whatever came of it"),
    columns=(
        Column("referral_id", "id", "", mark("which referral it is"), required=True, unique=True),
        Column("referrer_id", "id", "", mark("the customer who referred"), required=True),
        Column(
            "referred_id",
            "id",
            "",
            mark("who was referred; empty: nobody was, but a reward stands in the books"),
            required=True,
            may_be_empty=True,
        ),
        Column("referred_on", "date", "", mark("day of the referral"), required=True),
        Column(
            "reward_referrer",
            "money",
            CURRENCY,
            mark("paid to who referred, a positive amount; 0 when nothing was paid"),
            minimum=0,
        ),
        Column(
            "reward_referred",
            "money",
            CURRENCY,
            mark("paid to who was referred, a positive amount; 0 when nothing was paid"),
            minimum=0,
        ),
        Column(
            "status",
            "text",
            "",
            mark("`genuine` or `fraud` where somebody looked into it; empty where nobody did"),
            allowed=("genuine", "fraud"),
            may_be_empty=True,
        ),
        _sign_up("device", mark("device with which the referred signed up, as a code")),
        _sign_up("address", mark("address the referred gave, as a code")),
        _sign_up("payment", mark("means of payment the referred gave, as a code")),
    ),
)

REFERRERS = Contract(
    name="referrers",
    row=mark("one customer with the number of referrals made, also when it is 0"),
    columns=(
        WHO,
        Column(
            "referrals",
            "number",
            mark("referrals"),
            mark("referrals the customer made; 0 when none"),
            required=True,
            minimum=0,
            whole=True,
        ),
        Column("left", "flag", "", mark("whether the customer has left"), may_be_empty=True),
    ),
    extra=mark("every other column is kept under its own name, as a covariate"),
)

CONTRACTS = {
    contract.name: contract
    for contract in (
        SURVEY,
        EFFECTS,
        TRANSACTIONS,
        CONTACTS,
        CUSTOMERS,
        MARGINS,
        REFERRALS,
        REFERRERS,
    )
}


def contract(table: str) -> Contract:
    """Return the contract of `table`; TableError names the tables there are.

    Examples
    --------
    >>> contract("contacts").names
    ['arm', 'customer_id', 'contacted_on', 'recency', 'cost']
    """
    if table in CONTRACTS:
        return CONTRACTS[table]
    raise TableError(
        say(
            "{table}: there is no table of this name; there are {names}.",
            table=repr(table),
            names=", ".join(CONTRACTS),
        )
        + nearest(table, CONTRACTS)
    )
