"""One cheap process that plays ERP, CRM, PIM, WMS and the OpenID provider, by the open connector contract."""
