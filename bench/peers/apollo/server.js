// Apollo Server 5 on Fastify: of the integrations in its documentation the cheapest. Documents are kept parsed and
// validated by its own document store.

import responseCachePlugin from '@apollo/server-plugin-response-cache'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl'
import Fastify from 'fastify'
import { resolvers, typeDefs } from '../common/resolvers.js'
import { Sources } from '../common/sources.js'

const wholeResponses = [
  // every type says nothing of its own: an answer is good for as long as the least of them, and of one person
  ApolloServerPluginCacheControl({ defaultMaxAge: 300, calculateHttpHeaders: false }),
  responseCachePlugin({
    sessionId: async ({ request }) => request.http.headers.get('x-person'),
  }),
]

const server = new ApolloServer({
  typeDefs,
  resolvers,
  introspection: false,
  includeStacktraceInErrorResponses: false,
  plugins: process.env.BENCH_MODE === 'responses' ? wholeResponses : [],
})
await server.start()

const app = Fastify()
app.post('/graphql', fastifyApolloHandler(server, {
  context: async (request) => ({ sources: new Sources(request.headers['x-person']) }),
}))
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
