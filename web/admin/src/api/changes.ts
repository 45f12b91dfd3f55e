import { useEffect, useState } from 'react'
import { useSubscription } from 'urql'
import { changedDocument } from './documents'
import type { Type } from './schema'

interface Change { changed: { kind: 'ADDED' | 'UPDATED' | 'REMOVED'; changedId: string } }

/** What this page has just changed is no news to its reader. */
const own = new Map<string, number>()
const memory = 10_000

export function mine(id: string): void {
  for (const [id, at] of own) if (Date.now() - at > memory) own.delete(id)
  own.set(id, Date.now())
}

const isMine = (id: string) => Date.now() - (own.get(id) ?? 0) < memory

/** useChanges tells what others have done to records of a type: kinds by ids, until it is cleared. */
export function useChanges(type: Type, where: object | undefined): [changes: Map<string, Change['changed']['kind']>, clear: () => void] {
  const [changes, setChanges] = useState(new Map<string, Change['changed']['kind']>())
  const watched = JSON.stringify(where)
  useEffect(() => setChanges(new Map()), [watched])
  useSubscription<Change>({ query: type.changed ? changedDocument(type) : '{ __typename }', variables: type.singleton ? {} : { where }, pause: !type.changed }, (_, event) => {
    const { kind, changedId } = event.changed
    if (!isMine(changedId)) setChanges(known => new Map(known).set(changedId, kind))
    return event
  })
  return [changes, () => setChanges(new Map())]
}
