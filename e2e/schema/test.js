import assert from 'node:assert/strict'
import { test } from 'node:test'
import { announced, breaking } from './breaking.js'

const released = 'type Query { post(id: ID!): Post } type Post { id: ID! title: String! } enum Role { MEMBER ADMIN }'

test('additions break nobody', () => {
  const present = released.replace('title: String!', 'title: String! body: String').replace('id: ID!)', 'id: ID!, draft: Boolean)')
  assert.deepEqual(breaking(released, present), [])
})

for (const [what, from, to, says] of [
  ['a field is gone', 'title: String!', '', /Post\.title was removed/],
  ['a field may be null', 'title: String!', 'title: String', /Post\.title changed type/],
  ['an argument must be given', 'id: ID!)', 'id: ID!, draft: Boolean!)', /required arg draft/i],
  ['an enum value is gone', 'MEMBER ADMIN', 'MEMBER', /ADMIN was removed/],
]) {
  test(what, () => {
    const changes = breaking(released, released.replace(from, to))
    assert.equal(changes.length, 1)
    assert.match(changes[0], says)
  })
}

test('the changelog announces under Unreleased alone', () => {
  assert.ok(announced('## [Unreleased]\n\n### Breaking\n\n- gone\n\n## [0.1.0]\n'))
  assert.ok(!announced('## [Unreleased]\n\n### Added\n\n## [0.1.0]\n\n### Breaking\n'))
})
