"""Settings: defaults, problems, secrets."""

import pytest

from app.settings import CONNECTORS, Settings, SettingsError, read_settings
from datasources.model.common import System
from datasources.ports import ConnectorSettings

SECRET = "hush-hush"


def problems_of(**environment: str) -> list[str]:
    """Return the lines of what is wrong."""
    with pytest.raises(SettingsError) as raised:
        read_settings(environment)
    return str(raised.value).splitlines()


def test_defaults() -> None:
    """Nothing needs to be set: the sandbox's addresses, and the policies of the contract."""
    settings = read_settings({})

    assert Settings() == settings
    assert ("development", "127.0.0.1", 8000, 9100, 5.0, "hidden") == (
        settings.profile,
        settings.host,
        settings.port,
        settings.sandbox_base_port,
        settings.deadline_s,
        settings.anonymous_prices,
    )
    assert [600, 300, 15, 300, 60] == [
        policy.fresh_for_s
        for policy in (settings.content, settings.price, settings.stock, settings.customer, settings.credit)
    ]
    assert ("http://127.0.0.1:9105", "kanava", "sub") == (
        settings.issuer,
        settings.oidc.audience,
        settings.oidc.claim_person,
    )


@pytest.mark.parametrize(
    ("system", "port"), [(System.ERP, 9101), (System.CRM, 9102), (System.PIM, 9103), (System.WMS, 9104)]
)
def test_a_system_is_the_sandboxs_until_it_is_set(system: System, port: int) -> None:
    """Each system has an address, a token, a time, a bound; by default those of the sandbox."""
    start = f"KANAVA_{system.value}_"
    own = {"URL": "https://x.example/api", "TOKEN": SECRET, "TIMEOUT_S": "0.5", "MAX_CONCURRENT": "3"}
    settings = read_settings({start + name: value for name, value in own.items()})

    assert ConnectorSettings(f"http://127.0.0.1:{port}", None, 2.0, 8, {}) == read_settings({}).connector(system)
    assert ConnectorSettings("https://x.example/api", SECRET, 0.5, 3, {}) == settings.connector(system)
    assert "rest" in CONNECTORS[system]


def test_the_sandbox_moves_with_its_base_port() -> None:
    """All five addresses follow the base port."""
    settings = read_settings({"KANAVA_SANDBOX_BASE_PORT": "9200"})

    assert [f"http://127.0.0.1:{port}" for port in (9201, 9202, 9203, 9204, 9205)] == [
        settings.sandbox_url(system) for system in (System.ERP, System.CRM, System.PIM, System.WMS, System.IAM)
    ]
    assert "http://127.0.0.1:9205" == settings.issuer


def test_only_its_own_names_are_read() -> None:
    """Settings come from the mapping given; names of others are not looked at."""
    settings = read_settings({"PORT": "1", "PATH": "/bin", "KANAVAPORT": "2", "XKANAVA_PORT": "3", "KANAVA_PORT": "9"})

    assert 9 == settings.port


def test_groups() -> None:
    """`KANAVA_<GROUP>_<NAME>` is a member of its group, whatever the order."""
    settings = read_settings(
        {
            "KANAVA_PRICE_FRESH_FOR_S": "1.5",
            "KANAVA_OIDC_AUDIENCE": "shop",
            "KANAVA_STOCK_FRESH_FOR_S": "2",
            "KANAVA_OIDC_CLAIM_PERSON": "email",
        }
    )

    assert (1.5, 2.0, 600.0) == (
        settings.price.fresh_for_s,
        settings.stock.fresh_for_s,
        settings.content.fresh_for_s,
    )
    assert ("shop", "email") == (settings.oidc.audience, settings.oidc.claim_person)


def test_all_problems_are_listed_at_once() -> None:
    """Each problem is a line of name, value and what was expected."""
    found = problems_of(
        KANAVA_PORT="eighty",
        KANAVA_ERP_URL="erp.example",
        KANAVA_WMS_TIMEOUT_S="0",
        KANAVA_PRICE_FRESH_FOR_S="-1",
        KANAVA_PROFILE="test",
        KANAVA_COLOUR="red",
        KANAVA_OIDC_SCOPE="x",
    )

    assert sorted(
        [
            "KANAVA_PORT='eighty': Input should be a valid integer, unable to parse string as an integer",
            "KANAVA_ERP_URL='erp.example': expected an address such as http://erp.example:8080, without user, password or query",
            "KANAVA_WMS_TIMEOUT_S='0': Input should be greater than 0",
            "KANAVA_PRICE_FRESH_FOR_S='-1': Input should be greater than 0",
            "KANAVA_PROFILE='test': Input should be 'development' or 'production'",
            "KANAVA_COLOUR: there is no such setting",
            "KANAVA_OIDC_SCOPE: there is no such setting",
        ]
    ) == sorted(found)


def test_unknown_names_are_listed_with_other_problems() -> None:
    """What a connector does not know is told together with everything else."""
    found = problems_of(KANAVA_PORT="0", KANAVA_ERP_TIMEOUT="1", KANAVA_PIM_CONNECTOR="magento")

    assert sorted(
        [
            "KANAVA_PORT='0': Input should be greater than or equal to 1",
            "KANAVA_ERP_TIMEOUT: there is no such setting",
            "KANAVA_PIM_CONNECTOR='magento': expected one of rest",
        ]
    ) == sorted(found)


@pytest.mark.parametrize(
    "name", ["KANAVA_", "KANAVA_X", "KANAVA_ERP_TIMEOUT", "KANAVA_ERP_OPTION_X", "KANAVA_OPTION_X"]
)
def test_an_unknown_name_is_a_problem(name: str) -> None:
    """A name that nothing reads is a slip, and is said to be one."""
    assert [f"{name}: there is no such setting"] == problems_of(**{name: "1"})


@pytest.mark.parametrize("name", ["KANAVA_ERP", "KANAVA_OIDC", "KANAVA_ERP_"])
@pytest.mark.parametrize("before", [True, False])
def test_the_name_of_a_group_is_no_setting(name: str, before: bool) -> None:
    """A group alone is not a setting, before or after its members."""
    beside = {"KANAVA_ERP_URL": "http://erp.example", "KANAVA_OIDC_AUDIENCE": "x"}
    environment = {name: "x", **beside} if before else {**beside, name: "x"}

    assert [f"{name}: there is no such setting"] == problems_of(**environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("KANAVA_PIM_URL", url)
            for url in ("", "ftp://x.example", "http://", "http://x.example:99999", "http://x:y")
        ),
        *(("KANAVA_DEADLINE_S", number) for number in ("nan", "inf", "0", "301", "")),
        *(("KANAVA_STOCK_FRESH_FOR_S", number) for number in ("nan", "inf", "0", "soon")),
        *(("KANAVA_ERP_TIMEOUT_S", number) for number in ("nan", "inf", "61")),
        *(("KANAVA_ERP_MAX_CONCURRENT", number) for number in ("0", "1001", "1.5")),
        *(("KANAVA_PORT", number) for number in ("0", "65536", "")),
        ("KANAVA_OIDC_ISSUER", "iam"),
        ("KANAVA_HOST", ""),
        ("KANAVA_ANONYMOUS_PRICES", "show"),
    ],
)
def test_a_value_out_of_range_is_a_problem(name: str, value: str) -> None:
    """What could not work is refused at the start, by name and value."""
    found = problems_of(**{name: value})

    assert 1 == len(found)
    assert found[0].startswith(f"{name}={value!r}: ")


def test_production_names_its_systems() -> None:
    """In production nothing falls back to the sandbox."""
    found = problems_of(KANAVA_PROFILE="production", KANAVA_ERP_URL="https://erp.example")

    assert ["the production profile needs KANAVA_CRM_URL, KANAVA_PIM_URL, KANAVA_WMS_URL, KANAVA_OIDC_ISSUER"] == found


def test_production_with_all_systems() -> None:
    """With all addresses production is fine."""
    systems = {f"KANAVA_{s}_URL": f"https://{s.lower()}.example" for s in ("ERP", "CRM", "PIM", "WMS")}
    settings = read_settings({"KANAVA_PROFILE": "production", "KANAVA_OIDC_ISSUER": "https://iam.example", **systems})

    assert ("production", "https://iam.example") == (settings.profile, settings.issuer)


@pytest.mark.parametrize("wrong", [{"KANAVA_PORT": "0"}, {"KANAVA_PROFILE": "production"}, {"KANAVA_ERP_X": SECRET}])
def test_secrets_stay_out_of_problems(wrong: dict[str, str]) -> None:
    """No problem shows a token, nor the value of a name that is not known."""
    found = problems_of(KANAVA_ERP_TOKEN=SECRET, KANAVA_TOKEN=SECRET, **wrong)

    assert [] == [line for line in found if SECRET in line]


@pytest.mark.parametrize("token", ["a\nb", "a b", "\u00e4"])
def test_a_token_fits_a_header(token: str) -> None:
    """What no header can carry is refused at the start, without being shown."""
    assert ["KANAVA_ERP_TOKEN: expected printable ASCII without spaces"] == problems_of(KANAVA_ERP_TOKEN=token)


def test_an_address_holds_no_password() -> None:
    """Secrets in an address are refused, without being shown; a token has a setting of its own."""
    for address in (f"https://kanava:{SECRET}@erp.example", f"https://erp.example/?key={SECRET}"):
        assert [
            "KANAVA_ERP_URL: expected an address such as http://erp.example:8080, without user, password or query"
        ] == problems_of(KANAVA_ERP_URL=address)


def test_secrets_stay_out_of_reprs() -> None:
    """Settings can be shown: tokens are not in them."""
    settings = read_settings({"KANAVA_ERP_TOKEN": SECRET})

    assert SECRET == settings.connector(System.ERP).token
    assert [] == [
        text for text in (repr(settings), str(settings), repr(settings.connector(System.ERP))) if SECRET in text
    ]


def test_settings_do_not_change() -> None:
    """They are read once."""
    settings = read_settings({})
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1
