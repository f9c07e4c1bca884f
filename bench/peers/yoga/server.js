// GraphQL Yoga with JIT; documents are kept parsed and validated, which is its default.

import { createServer } from 'node:http'
import { useGraphQlJit } from '@envelop/graphql-jit'
import { useResponseCache } from '@graphql-yoga/plugin-response-cache'
import { createSchema, createYoga } from 'graphql-yoga'
import { resolvers, typeDefs } from '../common/resolvers.js'
import { Sources } from '../common/sources.js'

const wholeResponses = useResponseCache({
  session: (request) => request.headers.get('x-person'),
  ttl: 300_000,
})

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: ({ request }) => ({ sources: new Sources(request.headers.get('x-person')) }),
  graphiql: false,
  landingPage: false,
  logging: false,
  plugins: [useGraphQlJit(), ...(process.env.BENCH_MODE === 'responses' ? [wholeResponses] : [])],
})

createServer(yoga).listen(Number(process.env.PORT), '127.0.0.1')
