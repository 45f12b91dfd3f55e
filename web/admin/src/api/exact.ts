// Numbers that JavaScript cannot hold: whole ones beyond 2^53, and what JSON has with more
// digits than a float64. Between the server and whoever reads and writes JSON here they
// are strings behind a mark, so they are compared, kept and sent like any other value.

const sign = '\uE000' // for private use: no text begins with it, and one that does gets another
const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const aNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const marked = new RegExp(`^"(?:${sign}|\\\\u[eE]000)`)

/** canonical writes equal numbers alike: the digits without zeros around them, and where the point stands. */
function canonical(number: string): string {
  const [, minus, whole, part = '', power = '0'] = number.match(/^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/)!
  const digits = (whole + part).replace(/^0+/, '')
  const short = digits.replace(/0+$/, '')
  return short && `${minus}${short}e${BigInt(power) - BigInt(part.length) + BigInt(digits.length - short.length)}`
}

function isHeld(number: string): boolean {
  const value = Number(number)
  return Number.isFinite(value) && canonical(number) === canonical(String(value))
}

/** mark makes JSON of the server's that can be parsed without loss. */
export const mark = (json: string): string => json.replace(tokens, token => {
  if (token[0] === '"') return marked.test(token) ? `"${sign}${token.slice(1)}` : token
  return isHeld(token) ? token : `"${sign}${token}"`
})

/** unmark makes JSON for the server, or to be read, of what was parsed so. */
export const unmark = (json: string): string => json.replace(tokens, token => {
  if (!marked.test(token)) return token
  const inside = token.slice(token[1] === sign ? 2 : 7, -1)
  return aNumber.test(inside) ? inside : `"${inside}"`
})

/** numberOf is the number that a text says. */
export const numberOf = (text: string): unknown => (aNumber.test(text) && !isHeld(text) ? sign + text : Number(text))

/** isExact reports whether a value is a number that JavaScript cannot hold. */
export const isExact = (value: unknown): value is string => typeof value === 'string' && value[0] === sign && aNumber.test(value.slice(1))

/** textOf is a value in words, "" where there is none. */
export const textOf = (value: unknown): string => (value === null || value === undefined ? '' : isExact(value) ? value.slice(1) : String(value))
