"""What is said of a system, and what never is."""

from app.doctor.checkup import problem_of, where
from app.settings import read_settings
from datasources.errors import InvalidResponse, NeverSent
from datasources.model.common import System


def test_where_a_system_is() -> None:
    """A system is asked by its connector; a provider has an address but no connector."""
    url = "https://erp.example:8443/api"
    settings = read_settings({"KANAVA_ERP_URL": url, "KANAVA_OIDC_ISSUER": "https://iam.example/realm"})

    assert "rest at https://erp.example:8443/api" == where(settings, System.ERP)
    assert "openid at https://iam.example/realm" == where(settings, System.IAM)


def test_a_connector_that_stumbles_is_a_finding() -> None:
    """An error that no connector should let through is told as a problem of its system; others are as they are."""
    gone, stumbled = NeverSent(System.ERP, "no connection"), problem_of(System.ERP, KeyError("sku"))

    assert gone is problem_of(System.ERP, gone)
    assert (InvalidResponse, "its connector stumbled (KeyError: 'sku')") == (type(stumbled), stumbled.message)
