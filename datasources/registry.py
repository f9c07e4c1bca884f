"""The connectors there are. A new one is one file and one line here."""

from typing import Protocol, TypeVar

from datasources.crm.rest import RestCrm
from datasources.erp.rest import RestErp
from datasources.http import Transport
from datasources.pim.rest import RestPim
from datasources.ports import ConnectorSettings, CrmConnector, ErpConnector, PimConnector, WmsConnector
from datasources.wms.rest import RestWms

P_co = TypeVar("P_co", covariant=True)


class Connect(Protocol[P_co]):
    """A connector class, as far as opening it goes."""

    @property
    def options(self) -> frozenset[str]:
        """The names of its own settings (`KANAVA_<S>_OPTION_<NAME>`), in lower case."""

    def connect(self, settings: ConnectorSettings, transport: Transport) -> P_co:
        """Return the connector."""


PIM: dict[str, Connect[PimConnector]] = {"rest": RestPim}
ERP: dict[str, Connect[ErpConnector]] = {"rest": RestErp}
WMS: dict[str, Connect[WmsConnector]] = {"rest": RestWms}
CRM: dict[str, Connect[CrmConnector]] = {"rest": RestCrm}
