"""All settings, from `KANAVA_...` in the environment and `.env`, read once. Problems are listed all at once."""

import os
import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from datasources import registry
from datasources.model.common import System
from datasources.ports import ConnectorSettings

PREFIX = "KANAVA_"
OPTION = "option_"
SANDBOX_PORTS = {System.ERP: 1, System.CRM: 2, System.PIM: 3, System.WMS: 4, System.IAM: 5}
CONNECTORS: Mapping[System, Mapping[str, registry.Connect[object]]] = {
    System.ERP: registry.ERP,
    System.CRM: registry.CRM,
    System.PIM: registry.PIM,
    System.WMS: registry.WMS,
}


class SettingsError(Exception):
    """Settings that cannot be used; a line for each problem."""


def http_address(host: str, port: int) -> str:
    """Return the address of a server, an IPv6 one in brackets (RFC 3986, section 3.2.2)."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Group(BaseModel):
    """Settings that share the start of their name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _address(value: str | None) -> str | None:
    if value is not None and not _is_address(value):
        raise ValueError("expected an address such as http://erp.example:8080, without user, password or query")
    return value


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        more = "@" in parts.netloc or parts.query or parts.fragment
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not more
    except ValueError:
        return False


class SystemSettings(Group):
    """How to reach one system."""

    model_config = ConfigDict(extra="allow", frozen=True)

    connector: str = Field("rest", description="which connector speaks to it")
    url: str | None = Field(None, description="its address; none: the sandbox's")
    token: SecretStr | None = Field(None, description="the bearer token Kanava shows it")
    timeout_s: float = Field(2.0, gt=0, le=60, description="how long one call may take")
    max_concurrent: int = Field(8, ge=1, le=1000, description="how many calls it gets at once")

    _check_url = field_validator("url")(_address)

    @field_validator("token")
    @classmethod
    def _check_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[\x21-\x7e]+", value.get_secret_value()):
            raise ValueError("expected printable ASCII without spaces")
        return value

    @property
    def options(self) -> dict[str, str]:
        """The connector's own settings, by name in lower case."""
        return {name.removeprefix(OPTION): str(value) for name, value in (self.model_extra or {}).items()}


class Policy(Group):
    """How long a kind of value is good for."""

    fresh_for_s: float = Field(gt=0, allow_inf_nan=False)


class OidcSettings(Group):
    """Whose tokens count."""

    issuer: str | None = Field(None, description="the OpenID Connect provider; none: the sandbox's")
    audience: str = Field("kanava", description="who the tokens must be for")
    claim_person: str = Field("sub", description="the claim that names the person as the CRM knows them")

    _check_issuer = field_validator("issuer")(_address)


class Settings(Group):
    """All of it."""

    profile: Literal["development", "production"] = Field(
        "development", description="production turns off introspection, the page at /graphql and sandbox defaults"
    )
    host: str = Field("127.0.0.1", min_length=1, description="where the API listens")
    port: int = Field(8000, ge=1, le=65535, description="where the API listens")
    sandbox_base_port: int = Field(9100, ge=1, le=65530, description="the sandbox listens on the five ports above it")
    deadline_s: float = Field(5.0, gt=0, le=300, description="how long one request may take")
    anonymous_prices: Literal["hidden", "list"] = Field("hidden", description="what visitors see who do not sign in")
    erp: SystemSettings = SystemSettings()
    crm: SystemSettings = SystemSettings()
    pim: SystemSettings = SystemSettings()
    wms: SystemSettings = SystemSettings()
    oidc: OidcSettings = OidcSettings()
    content: Policy = Policy(fresh_for_s=600)
    price: Policy = Policy(fresh_for_s=300)
    stock: Policy = Policy(fresh_for_s=15)
    customer: Policy = Policy(fresh_for_s=300)
    credit: Policy = Policy(fresh_for_s=60)

    @model_validator(mode="after")
    def _production_names_its_systems(self) -> "Settings":
        if self.profile == "production":
            missing = [f"{PREFIX}{s.value}_URL" for s in CONNECTORS if self.of(s).url is None]
            missing += [] if self.oidc.issuer else [f"{PREFIX}OIDC_ISSUER"]
            if missing:
                raise ValueError(f"the production profile needs {', '.join(missing)}")
        return self

    def of(self, system: System) -> SystemSettings:
        """Return the settings of a system."""
        found: SystemSettings = getattr(self, system.value.lower())
        return found

    def sandbox_url(self, system: System) -> str:
        """Return where the sandbox's system listens."""
        return f"http://127.0.0.1:{self.sandbox_base_port + SANDBOX_PORTS[system]}"

    @property
    def issuer(self) -> str:
        """The provider whose tokens count."""
        return self.oidc.issuer or self.sandbox_url(System.IAM)

    def connector(self, system: System) -> ConnectorSettings:
        """Return what a system's connector is told."""
        of = self.of(system)
        token = of.token.get_secret_value() if of.token else None
        return ConnectorSettings(of.url or self.sandbox_url(system), token, of.timeout_s, of.max_concurrent, of.options)


SECRETS = ("token",)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """
    Read the settings from the environment (by default this process's, over `.env` in the current folder).

    Raises:
        SettingsError: with a line for every problem: name, value and what was expected.
    """
    if environment is None:
        environment = {k: v for k, v in dotenv_values(".env").items() if v is not None} | dict(os.environ)
    given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    values, groups, problems = _parted(given)
    problems += [problem for system in CONNECTORS for problem in _connector_problems(system, groups)]
    try:
        settings = Settings.model_validate({**groups, **values})
    except ValidationError as error:
        problems = [_problem(details, given) for details in error.errors()] + problems
    if problems:
        raise SettingsError("\n".join(dict.fromkeys(problems)))
    return settings


GROUPS = [name for name, member in Settings() if isinstance(member, Group)]


def _parted(given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, dict[str, str]], list[str]]:
    """Return names of no group, those of each (`KANAVA_ERP_URL` is `{"erp": {"url": ...}}`), and problems."""
    values: dict[str, str] = {}
    groups: dict[str, dict[str, str]] = {}
    problems = []
    for name, value in given.items():
        key = name.removeprefix(PREFIX).lower()
        head, _, tail = key.partition("_")
        if head not in GROUPS:
            values[key] = value
        elif tail:
            groups.setdefault(head, {})[tail] = value
        else:
            problems.append(f"{name}: there is no such setting")
    return values, groups, problems


def _problem(details: ErrorDetails, given: Mapping[str, str]) -> str:
    name = PREFIX + "_".join(str(part) for part in details["loc"]).upper()
    if details["type"] == "extra_forbidden":
        return f"{name}: there is no such setting"
    if not details["loc"]:
        return details["msg"].removeprefix("Value error, ")
    secret = name.lower().endswith(SECRETS)
    shown = "" if secret or name not in given or not {"@", "?"}.isdisjoint(given[name]) else f"={given[name][:60]!r}"
    return f"{name}{shown}: {details['msg'].removeprefix('Value error, ')}"


def _connector_problems(system: System, groups: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return what is wrong with the choice of a system's connector, and with names that only it could know."""
    start, of = f"{PREFIX}{system.value}_", groups.get(system.value.lower(), {})
    name = of.get("connector", SystemSettings().connector)
    connector = CONNECTORS[system].get(name)
    own = [n for n in of if n not in SystemSettings.model_fields]
    if connector is None:
        unknown = [n for n in own if not n.startswith(OPTION)]
        problems = [f"{start}CONNECTOR={name!r}: expected one of {', '.join(CONNECTORS[system])}"]
    else:
        unknown = [n for n in own if not n.startswith(OPTION) or n.removeprefix(OPTION) not in connector.options]
        problems = []
    return problems + [f"{start}{n.upper()}: there is no such setting" for n in unknown]
