// Compares two schemas as graphql-js does: what a client of the first could no
// longer do, or would read otherwise, with the second.
import { buildSchema, findBreakingChanges } from 'graphql'

// breaking lists the breaking changes, one sentence each.
export function breaking(released, present) {
  return findBreakingChanges(buildSchema(released), buildSchema(present)).map((c) => c.description)
}

// announced reports whether the changelog says, under Unreleased, that clients
// have to change: by a heading "### Breaking".
export function announced(changelog) {
  const unreleased = changelog.split(/^## /m).find((s) => s.startsWith('[Unreleased]')) ?? ''
  return /^### Breaking$/m.test(unreleased)
}
