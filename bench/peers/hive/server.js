// Hive Gateway as a library (what its command line runs, without what it does not need here) with JIT, over a REST source.
// Answers of the systems are kept by its HTTP cache, by their `Cache-Control`.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'
import InMemoryLRUCache from '@graphql-mesh/cache-inmemory-lru'
import useHTTPCache from '@graphql-mesh/plugin-http-cache'
import { useJIT } from '@graphql-mesh/plugin-jit'

const { BENCH_MODE, BENCH_UPSTREAM, PORT } = process.env

const resolved = (field) =>
  `@resolveTo(sourceName: "systems", sourceTypeName: "Query", sourceFieldName: "${field}", ` +
  'keyField: "sku", keysArg: "sku", requiredSelectionSet: "{ sku }")'

const gateway = createGatewayRuntime({
  supergraph: readFileSync(new URL('supergraph.graphql', import.meta.url), 'utf8'),
  transportEntries: { '*.rest': { location: BENCH_UPSTREAM } },
  additionalTypeDefs: `extend type Product {
    price: Price ${resolved('prices')}
    availability: Availability ${resolved('stock')}
  }`,
  cache: new InMemoryLRUCache({ max: 20_000 }),
  plugins: (context) => [useJIT(), ...(BENCH_MODE === 'cold' ? [] : [useHTTPCache(context)])],
  ...(BENCH_MODE === 'responses' && {
    responseCaching: { session: (request) => request.headers.get('x-person'), ttl: 300_000 },
  }),
  logging: 'error',
  landingPage: false,
  graphiql: false,
})

createServer(gateway).listen(Number(PORT), '127.0.0.1')
