"""What a browser sees at `/graphql`."""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Kanava</title>
<h1>Kanava</h1>
<p>This is a GraphQL endpoint: one schema over ERP, CRM, PIM and WMS. Ask it with POST and JSON:</p>
<pre>curl -s localhost:8000/graphql -H 'content-type: application/json' \\
  -d '{"query": "{ products(first: 3) { nodes { sku name availability { status } } } }"}'</pre>
<p>The schema is in <code>schema.graphql</code>; the README has a first query with prices.</p>
</html>
"""
