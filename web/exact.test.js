// Numbers go through the dashboard digit by digit.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { runnerImport } from 'vite'

const { module: { isExact, mark, numberOf, textOf, unmark } } = await runnerImport(join(import.meta.dirname, 'admin/src/api/exact.ts'), { configFile: false, logLevel: 'error' })

const through = json => unmark(JSON.stringify(JSON.parse(mark(json))))

test('what JavaScript can hold is a number', () => {
  for (const n of ['0', '-1', '9007199254740991', '9007199254740992', '0.1', '1e3', '1.10', '5e-324', '1e-07', '1E+2', '123456789012345680000', '-0.5']) {
    assert.deepEqual(JSON.parse(mark(`[${n}]`)), [Number(n)], n)
  }
})

test('what it cannot hold stays digit by digit, wherever it stands', () => {
  for (const n of ['9007199254740993', '-9223372036854775808', '9223372036854775807', '0.1234567890123456789', '1e400', '-1e-400', '12345678901234567890.10', '1e99999999999']) {
    for (const json of [n, `[${n},1,${n}]`, `{"a":{"${n}":${n}},"b":"${n}"}`]) assert.equal(through(json), json)
    const value = JSON.parse(mark(n))
    assert.ok(isExact(value), n)
    assert.equal(textOf(value), n)
    assert.equal(numberOf(n), value)
  }
})

test('texts stay what they are, those too that begin with the mark', () => {
  for (const text of ['', '9007199254740993', '"9007199254740993"', '\\', '\\"12345678901234567890', '\uE000', '\uE0001', '\uE0009007199254740993', '\uE000\uE0009007199254740993', 'a\uE0001']) {
    for (const json of [JSON.stringify(text), JSON.stringify({ [text]: [text] })]) {
      assert.deepEqual(JSON.parse(through(json)), JSON.parse(json))
      assert.ok(!isExact(JSON.parse(mark(JSON.stringify(text)))), text)
    }
  }
  assert.deepEqual(JSON.parse(through('"\\ue0009007199254740993"')), '\uE0009007199254740993')
})

test('what is no number is none', () => {
  for (const text of ['', 'x', '1.', '01', '--1', '1e']) assert.deepEqual(numberOf(text), Number(text))
})
