import { useState } from 'react'
import { change } from '../api/client'
import { bulkDocument, type Row } from '../api/documents'
import { mine } from '../api/changes'
import type { Fault } from '../api/session'

/** As many at a time go to the server as one operation bears, and one can watch. */
const batch = 20

export interface Failure { row: Row; fault: Fault }
export interface Progress { done: number; all: number; failures: Failure[]; running: boolean }

/** useBulk runs a mutation for many records and tells, row by row, what failed. */
export function useBulk() {
  const [progress, setProgress] = useState<Progress>()
  async function run(mutation: string, rows: Row[], input: object = {}): Promise<Failure[]> {
    const failures: Failure[] = []
    for (let start = 0; start < rows.length; start += batch) {
      setProgress({ done: start, all: rows.length, failures, running: true })
      const part = rows.slice(start, start + batch)
      part.forEach(row => mine(row.id))
      const { data, faults } = await change<Record<string, unknown>>(
        bulkDocument(mutation, part.length), Object.fromEntries(part.map((row, i) => [`i${i}`, { ...input, id: row.id }])))
      part.forEach((row, i) => {
        if (data?.[`m${i}`]) return
        failures.push({ row, fault: faults.find(f => f.path?.[0] === `m${i}`) ?? faults.find(f => !f.path) ?? { message: '' } })
      })
    }
    setProgress({ done: rows.length, all: rows.length, failures, running: false })
    return failures
  }
  return { progress, run, close: () => setProgress(undefined) }
}
