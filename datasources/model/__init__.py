"""The domain: frozen values, one module a subject. Money is Decimal with a currency; times are aware UTC."""
