// The systems, by the open connector contract, over connections that are kept.

import { Pool } from 'undici'

const address = process.env.BENCH_UPSTREAM
const pool = new Pool(address, { connections: 64, pipelining: 1 })
const headers = { 'content-type': 'application/json', accept: 'application/json' }

export async function ask(path, question) {
  const { statusCode, body } = await pool.request({ path, method: 'POST', headers, body: JSON.stringify(question) })
  const answer = await body.json()
  if (statusCode !== 200) throw new Error(`${path} failed with status ${statusCode}`)
  return answer
}
