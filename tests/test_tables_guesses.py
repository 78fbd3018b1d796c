"""Guessing which column is which: right where a name says so, silent where it might not."""

import pandas as pd
import pytest

from retorno.errors import TableError
from retorno.tables import connect, read
from retorno.tables.contracts import CONTRACTS, contract
from retorno.tables.formats import Format
from retorno.tables.guesses import guess, guess_values, guessed, words
from retorno.tables.sources import opened
from retorno.tables.vocabulary import NAMES


def found(table, *header, **columns):
    return {ours: each.theirs for ours, each in guess(contract(table), header, columns).items()}


@pytest.mark.parametrize(
    ("table", "ours", "theirs"),
    [
        ("transactions", "customer_id", "ID cliente"),
        ("transactions", "customer_id", "Cliente"),
        ("transactions", "customer_id", "CustomerNo"),
        ("transactions", "customer_id", "customerID"),
        ("transactions", "customer_id", "idcliente"),
        ("transactions", "customer_id", "COD_CLIENTE"),
        ("transactions", "customer_id", "Nº de cliente"),
        ("transactions", "customer_id", "Customer #"),
        ("transactions", "customer_id", "user_id"),
        ("transactions", "customer_id", "Nº socio"),
        ("transactions", "date", "Fecha"),
        ("transactions", "date", "Fecha compra"),
        ("transactions", "date", "FECHA DE LA COMPRA"),
        ("transactions", "date", "order date"),
        ("transactions", "date", "InvoiceDate"),
        ("transactions", "date", "Fecha y hora"),
        ("transactions", "amount", "Importe"),
        ("transactions", "amount", "Importe (€)"),
        ("transactions", "amount", "Importe en euros"),
        ("transactions", "amount", "TOTAL"),
        ("transactions", "amount", "Total amount EUR"),
        ("transactions", "amount", "Ingresos"),
        ("transactions", "margin", "Margen bruto"),
        ("transactions", "channel", "Canal de venta"),
        ("survey", "respondent_id", "ResponseId"),
        ("survey", "respondent_id", "Id. encuestado"),
        ("survey", "group", "Condición"),
        ("survey", "satisfaction", "Satisfacción"),
        ("survey", "satisfaction", "Satisfacción del cliente"),
        ("survey", "satisfaction_before", "satisfaction_w1"),
        ("survey", "satisfaction_before", "Satisfacción antes"),
        ("survey", "satisfaction_before", "satisfaccion_previa"),
        ("survey", "repurchase", "Intención de recompra"),
        ("survey", "word_of_mouth", "Boca a boca"),
        ("survey", "severity", "Gravedad del fallo"),
        ("survey", "procedural_justice", "Justicia procedimental"),
        ("survey", "prior_failures", "Fallos previos"),
        ("survey", "weight", "Peso muestral"),
        ("contacts", "arm", "Brazo"),
        ("contacts", "arm", "Grupo"),
        ("contacts", "arm", "control"),
        ("contacts", "contacted_on", "Fecha de envío"),
        ("contacts", "recency", "Meses desde la última compra"),
        ("contacts", "cost", "Coste por contacto"),
        ("customers", "customer_id", "ID"),
        ("customers", "joined_on", "Fecha de alta"),
        ("customers", "joined_on", "signup_date"),
        ("customers", "joined_on", "Cliente desde"),
        ("customers", "left_on", "Fecha baja"),
        ("customers", "referred", "Referido"),
        ("customers", "referred", "is_referred"),
        ("customers", "referrer_id", "Recomendado por"),
        ("customers", "referrer_id", "referredBy"),
        ("customers", "referrer_id", "ID padrino"),
        ("margins", "month", "Mes"),
        ("margins", "month", "Antigüedad en meses"),
        ("margins", "margin", "MARGEN"),
    ],
)
def test_a_name_that_says_what_it_is_is_guessed(table, ours, theirs):
    """Each is how an export or a survey names the column; read by a person it has no second meaning."""
    assert found(table, "x", theirs, "comentarios") == {ours: theirs}


@pytest.mark.parametrize(
    ("table", "theirs"),
    [
        ("transactions", "Fecha de nacimiento"),
        ("transactions", "date of birth"),
        ("transactions", "Fecha de entrega"),
        ("transactions", "updated"),
        ("transactions", "margin %"),
        ("transactions", "% margen"),
        ("transactions", "Margin pct"),
        ("transactions", "total customers"),
        ("transactions", "customers"),
        ("transactions", "Total unidades"),
        ("transactions", "Cantidad"),
        ("transactions", "Precio"),
        ("transactions", "Importe IVA"),
        ("transactions", "Subtotal"),
        ("transactions", "Discount amount"),
        ("transactions", "Nombre cliente"),
        ("transactions", "ID"),
        ("transactions", "Order ID"),
        ("transactions", "Día"),
        ("survey", "Satisfaction_1"),
        ("survey", "satisfaccion_t1"),
        ("survey", "Satisfacción con la tienda"),
        ("survey", "antes"),
        ("survey", "height"),
        ("survey", "instability"),
        ("survey", "Peso (kg)"),
        ("contacts", "Recencia (días)"),
        ("contacts", "Coste campaña"),
        ("contacts", "Contactado"),
        ("contacts", "control variable"),
        ("customers", "preferred"),
        ("customers", "referred_on"),
        ("customers", "Fecha de nacimiento"),
        ("customers", "Baja"),
        ("margins", "Meses"),
        ("margins", "margin rate"),
    ],
)
def test_a_name_that_may_mean_something_else_is_not_guessed(table, theirs):
    """A word too many, a count, a unit of another kind: a birthday is no purchase, days are no months."""
    assert found(table, theirs) == {}


def test_the_surer_name_wins_and_two_alike_are_left_to_the_user():
    """An id before a name, a line's amount before a total; net beside gross is not for us to choose."""
    assert found("transactions", "Cliente", "ID cliente", "Importe", "Total", "Fecha") == {
        "customer_id": "ID cliente",
        "date": "Fecha",
        "amount": "Importe",
    }
    assert found("transactions", "Importe neto", "Importe bruto", "Total") == {}
    assert found("transactions", "Fecha", "Fecha") == {}


def test_our_own_names_and_the_users_mapping_come_first():
    """A file's `amount` is ours; what the user has named is not used a second time."""
    assert found("transactions", "amount", "Importe") == {}
    assert found("transactions", "Importe", "Fecha", amount="Fecha") == {}
    assert found("customers", "Cliente", "Fecha alta", referrer_id="Cliente") == {
        "joined_on": "Fecha alta"
    }


def test_our_names_are_known_in_any_writing():
    """CUSTOMER_ID and "Customer Id" are how databases and spreadsheets write customer_id."""
    for table, asked in CONTRACTS.items():
        for ours in asked.names:
            written = (ours.upper(), ours.replace("_", " ").title())
            assert [found(table, name).get(ours) for name in written] == list(written)


def test_no_name_stands_for_two_columns_of_a_table():
    """Otherwise one column of a file could be guessed twice."""
    for table, columns in NAMES.items():
        keys = [words(n) for tiers in columns.values() for t in tiers for n in t.split(", ")]
        assert sorted(keys) == sorted(set(keys)), table


def test_the_reason_names_the_column():
    assert guess(contract("margins"), ["Mes"])["month"].why == "from the name 'Mes'"


@pytest.mark.parametrize(
    ("values", "meant"),
    [
        (
            ["Sin fallo", "Fallo sin recuperación", "Fallo con recuperación"],
            ["no_failure", "failure", "recovered"],
        ),
        (["No failure", "Failure", "Recovered"], ["no_failure", "failure", "recovered"]),
        (["SIN INCIDENCIAS", "fallo", "Resuelto"], ["no_failure", "failure", "recovered"]),
    ],
)
def test_groups_are_known_by_their_words(values, meant):
    assert guess_values(contract("survey"), "group", values) == dict(
        zip(values, meant, strict=True)
    )


@pytest.mark.parametrize("value", ["No resuelto", "not recovered", "Control", "2", "x", "Otro"])
def test_a_group_that_may_be_two_is_not_guessed(value):
    """Not put right may be tried and failed (recovered, by the contract) or never tried (failure)."""
    assert guess_values(contract("survey"), "group", [value, "Fallo"]) == {"Fallo": "failure"}


def test_the_holdout_is_known_and_treated_arms_keep_their_names():
    """Two names that both may be the holdout (control e-mail, no e-mail): neither is guessed."""
    arm = contract("contacts"), "arm"
    assert guess_values(*arm, ["No E-Mail", "Mens E-Mail"]) == {"No E-Mail": "holdout"}
    assert guess_values(*arm, ["Grupo de control", "SMS"]) == {"Grupo de control": "holdout"}
    assert guess_values(*arm, ["Control", "No e-mail", "Offer"]) == {}
    assert guess_values(*arm, ["holdout", "Control"]) == {}
    assert guess_values(*arm, ["holdout", "email"]) == {}


def test_yes_and_no_in_a_column_of_arms_mean_what_its_name_says():
    """1 under "control" is held out, 1 under "treated" is not; under "group" it could be either."""
    asked = contract("contacts")
    assert guess_values(asked, "arm", ["0", "1"], "Control") == {"1": "holdout", "0": "treated"}
    assert guess_values(asked, "arm", ["No", "Sí"], "Tratado") == {"Sí": "treated", "No": "holdout"}
    assert guess_values(asked, "arm", ["0", "1"], "Grupo") == {}
    assert guess_values(asked, "arm", ["0", "1", "2"], "Control") == {}


def test_flags_are_guessed_only_when_every_value_is_one():
    """What is read anyway (no, 1, true) needs no guess; a lone x may mean anything."""
    referred = contract("customers"), "referred"
    assert guess_values(*referred, ["Sí", "No"]) == {"Sí": "yes"}
    assert guess_values(*referred, ["S", "N"]) == {"S": "yes", "N": "no"}
    assert guess_values(*referred, ["VERDADERO", "FALSO"]) == {"VERDADERO": "yes", "FALSO": "no"}
    assert guess_values(*referred, ["1", "0"]) == {}
    assert guess_values(*referred, ["S", "N", "?"]) == {}
    assert guess_values(*referred, ["x"]) == {}
    assert guess_values(contract("transactions"), "amount", ["Sí"]) == {}


def test_a_table_is_guessed_as_it_was_given():
    """Columns by their names, then values under them; what nobody knows is told apart."""
    frame = pd.DataFrame(
        {
            "Nº encuestado": ["1", "2", "3", "4"],
            "Grupo": ["Sin fallo", "Recuperado", "Otro", None],
            "satisfaction": [1, 2, 3, 4],
        }
    )
    with opened("survey", frame, connect(), Format(), set()) as given:
        guesses = guessed(contract("survey"), given)
    assert {ours: each.theirs for ours, each in guesses.columns.items()} == {
        "respondent_id": "Nº encuestado",
        "group": "Grupo",
    }
    assert guesses.values == {"group": {"Sin fallo": "no_failure", "Recuperado": "recovered"}}
    assert guesses.unread == {"group": ("Otro",)}


def test_flags_of_a_mapped_column_are_guessed_under_it():
    """The user's mapping says which column it is, also under a name that says nothing."""
    frame = pd.DataFrame({"q7": ["S", "N"], "customer_id": ["1", "2"]})
    with opened("customers", frame, connect(), Format(), set()) as given:
        guesses = guessed(contract("customers"), given, {"referred": "q7"})
    assert guesses.columns == {}
    assert guesses.values == {"referred": {"S": "yes", "N": "no"}}


def test_a_missing_column_is_told_with_the_guess():
    """The line can be copied: Fecha and ID cliente are guessed, an amount nobody knows stays open."""
    frame = pd.DataFrame({"ID cliente": ["1"], "Fecha": ["2024-01-31"], "Fecha de pago": ["x"]})
    with pytest.raises(TableError) as refused:
        read("transactions", frame)
    assert str(refused.value).endswith(
        "columns: {transactions: {customer_id: ID cliente, date: Fecha, amount: '...'}}"
    )
