"""All settings, from `KANAVA_...` in the environment and `.env`, read once. Problems are listed all at once."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from app.limits.check import Limits as OperationLimits
from datasources import registry
from datasources.cache.entry import Policy
from datasources.circuit.breaker import Limits
from datasources.journal.address import parse_address
from datasources.model.common import System
from datasources.ports import ConnectorSettings
from datasources.sources.policies import Policies

PREFIX = "KANAVA_"
OPTION = "option_"
MOST_WORKERS = 64
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


def origins_in(text: str) -> list[str]:
    """Return the origins that stand in a setting."""
    return [origin.strip() for origin in text.split(",") if origin.strip()]


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
    max_waiting: int = Field(64, ge=0, le=10_000, description="how many more may wait, before one is turned away")
    hook_secret: SecretStr | None = Field(None, description="what it signs its hooks with; none: it has no hooks")

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


MOST_SECONDS = 31_536_000.0
Seconds = Annotated[float, Field(ge=0, le=MOST_SECONDS, allow_inf_nan=False)]


class PolicySettings(Group):
    """How long a kind of value is good for: see `datasources.cache.entry.Policy`."""

    fresh_for_s: float = Field(gt=0, le=MOST_SECONDS, allow_inf_nan=False)
    refresh_ahead_s: Seconds
    stale_for_s: Seconds

    def policy(self) -> Policy:
        """Return it as the sources take it."""
        return Policy(self.fresh_for_s, self.refresh_ahead_s, max(self.stale_for_s, self.fresh_for_s))


class CircuitSettings(Group):
    """When a system is left alone: see `datasources.circuit.breaker.Limits`."""

    min_calls: int = Field(20, ge=1, le=100_000)
    failure_rate: float = Field(0.5, gt=0, le=1)
    slow_rate: float = Field(0.8, gt=0, le=1)
    slow_call_s: float = Field(1.5, gt=0, le=60)
    consecutive_failures: int = Field(5, ge=1, le=1000)
    open_for_s: float = Field(5.0, gt=0, le=3600)
    open_for_max_s: float = Field(60.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _longest_is_longest(self) -> "CircuitSettings":
        if self.open_for_max_s < self.open_for_s:
            raise ValueError(f"{PREFIX}CIRCUIT_OPEN_FOR_MAX_S must not be below {PREFIX}CIRCUIT_OPEN_FOR_S")
        return self

    def limits(self) -> Limits:
        """Return them as the breaker takes them."""
        return Limits(**self.model_dump())


class LimitSettings(Group):
    """How much one operation may ask for: see `app.limits.check.Limits`."""

    characters: int = Field(50_000, ge=100, le=1_000_000)
    tokens: int = Field(5_000, ge=10, le=100_000)
    brackets: int = Field(64, ge=4, le=200)
    nesting: int = Field(50, ge=2, le=200)
    overlaps: int = Field(20_000, ge=10, le=10_000_000)
    depth: int = Field(20, ge=1, le=200)
    root_fields: int = Field(30, ge=1, le=10_000)
    fields: int = Field(2_000, ge=10, le=1_000_000)
    aliases: int = Field(100, ge=0, le=100_000)
    directives: int = Field(100, ge=0, le=100_000)
    list_items: int = Field(1_000, ge=1, le=100_000)
    variables: int = Field(10_000, ge=1, le=100_000)
    cost: int = Field(12_000, ge=1, le=100_000_000)
    values: int = Field(75_000, ge=100, le=100_000_000)

    def limits(self) -> OperationLimits:
        """Return them as they are checked."""
        return OperationLimits(**self.model_dump())


class RateSettings(Group):
    """How much callers may ask for in a minute, by the cost of their operations."""

    person: int = Field(60_000_000, ge=1, le=1_000_000_000)
    address: int = Field(60_000_000, ge=1, le=1_000_000_000)


class OidcSettings(Group):
    """Whose tokens count."""

    issuer: str | None = Field(None, description="the OpenID Connect provider; none: the sandbox's")
    audience: str = Field("kanava", description="who the tokens must be for")
    claim_person: str = Field("sub", description="the claim that names the person as the CRM knows them")
    claim_account: str | None = Field(None, description="the claim that names the account to act for, unless asked")
    claim_roles: str | None = Field(None, description="the claim that names roles: of those the CRM gives, these count")
    leeway_s: float = Field(30.0, ge=0, le=300, description="how far the provider's clock may be off")

    _check_issuer = field_validator("issuer")(_address)


class Settings(Group):
    """All of it."""

    profile: Literal["development", "production"] = Field(
        "development", description="production turns off introspection, the page at /graphql and sandbox defaults"
    )
    host: str = Field("127.0.0.1", min_length=1, description="where the API listens")
    port: int = Field(8000, ge=1, le=65535, description="where the API listens")
    workers: int = Field(1, ge=1, le=MOST_WORKERS, description="how many processes serve; several need a Redis")
    sandbox_base_port: int = Field(9100, ge=1, le=65530, description="the sandbox listens on the five ports above it")
    deadline_s: float = Field(5.0, gt=0, le=300, description="how long one request may take")
    anonymous_prices: Literal["hidden", "list"] = Field("hidden", description="what visitors see who do not sign in")
    erp: SystemSettings = SystemSettings()
    crm: SystemSettings = SystemSettings()
    pim: SystemSettings = SystemSettings()
    wms: SystemSettings = SystemSettings()
    oidc: OidcSettings = OidcSettings()
    content: PolicySettings = PolicySettings(fresh_for_s=600, refresh_ahead_s=3600, stale_for_s=604_800)
    price: PolicySettings = PolicySettings(fresh_for_s=300, refresh_ahead_s=600, stale_for_s=86_400)
    stock: PolicySettings = PolicySettings(fresh_for_s=15, refresh_ahead_s=30, stale_for_s=3600)
    customer: PolicySettings = PolicySettings(fresh_for_s=300, refresh_ahead_s=1800, stale_for_s=86_400)
    credit: PolicySettings = PolicySettings(fresh_for_s=60, refresh_ahead_s=0, stale_for_s=900)
    order: PolicySettings = PolicySettings(fresh_for_s=10, refresh_ahead_s=0, stale_for_s=86_400)
    circuit: CircuitSettings = CircuitSettings()
    limit: LimitSettings = LimitSettings()
    rate: RateSettings = RateSettings()
    cors_origins: str = Field("", description="pages of other origins that may ask, by commas; * for any")
    trusted_documents: Path | None = Field(None, description="a manifest: only the documents in it run")
    shutdown_s: float = Field(10.0, ge=0, le=300, description="how long requests under way have when it stops")
    memory_mb: int = Field(
        256, ge=1, le=1_000_000, description="how much memory all that this process remembers takes; 200 MB come on top"
    )
    responses_mb: int = Field(
        64, ge=0, le=1_000_000, description="how much of that whole answers may take, up to half of it; 0: none"
    )
    cache_file: str = Field("var/cache.db", min_length=1, description="where values outlive this process")
    redis_url: SecretStr | None = Field(None, description="a Redis that replicas share, in the place of the file")
    database_url: SecretStr = Field(
        SecretStr("sqlite:///var/kanava.db"), description="the journal of carts and orders: a file, or PostgreSQL"
    )

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, value: str) -> str:
        for origin in origins_in(value):
            parts = urlsplit(origin)
            if origin != "*" and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path):
                raise ValueError("expected origins such as https://shop.example, by commas, or *")
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database(cls, value: SecretStr) -> SecretStr:
        parse_address(value.get_secret_value())
        return value

    @field_validator("redis_url")
    @classmethod
    def _check_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value and urlsplit(value.get_secret_value()).scheme not in ("redis", "rediss", "unix"):
            raise ValueError("expected an address such as redis://127.0.0.1:6379/0")
        return value

    @model_validator(mode="before")
    @classmethod
    def _complete_policies(cls, given: dict[str, Any]) -> dict[str, Any]:
        """What is not said of a policy is as by default."""
        defaults = {name: field.default for name, field in cls.model_fields.items()}
        policies = {n: d.model_dump() for n, d in defaults.items() if isinstance(d, PolicySettings)}
        return {**given, **{n: {**policies[n], **given[n]} for n in policies.keys() & given.keys()}}

    @property
    def origins(self) -> list[str]:
        """The origins of pages that may ask."""
        return origins_in(self.cors_origins)

    @property
    def policies(self) -> Policies:
        """The policies of all kinds of values."""
        return Policies(
            content=self.content.policy(),
            price=self.price.policy(),
            stock=self.stock.policy(),
            customer=self.customer.policy(),
            credit=self.credit.policy(),
            order=self.order.policy(),
        )

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


SECRETS = ("token", "secret", "redis_url", "database_url")


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
