// Mercurius with JIT (docs/api/options.md: `jit`, `compilerOptions`) and DataLoader.

import Fastify from 'fastify'
import mercurius from 'mercurius'
import { resolvers, typeDefs } from '../common/resolvers.js'
import { Sources } from '../common/sources.js'

const app = Fastify()

app.register(mercurius, {
  schema: typeDefs,
  resolvers,
  jit: 1,
  context: (request) => ({ sources: new Sources(request.headers['x-person']) }),
})

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
