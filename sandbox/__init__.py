"""Small systems over HTTP that keep their own rules: an ERP, a CRM, a PIM, a WMS and an identity provider."""
