// Uploads by the GraphQL multipart request specification, with their progress.
import { changeDocument, type Row } from './documents'
import { mark, unmark } from './exact'
import { fileOf, type Action, type Schema, type Type } from './schema'
import { endpoint, headers } from './request'
import { withSession, type Fault } from './session'

interface Answer { data?: { payload: { record: Row } | null } | null; errors?: Fault[] }

/** So many files are sent at a time, whoever sends them. */
const atOnce = 2
let free = atOnce
const waiting: (() => void)[] = []

const aborted: Fault = { message: '', extensions: { code: 'ABORTED' } }

/** inTurn runs when there is a place, and gives it to the next. */
async function inTurn<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  if (free > 0) free--
  else await new Promise<void>(resolve => { waiting.push(resolve) })
  try {
    if (signal.aborted) throw aborted
    return await run()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
}

/** upload sends a file by a mutation that takes one and returns the record as the server has it, or throws the fault. */
export async function upload(schema: Schema, type: Type, action: Action, input: object, file: File, tell: (part: number) => void, signal: AbortSignal): Promise<Row> {
  const { input: name } = fileOf(action)!
  const operations = { query: changeDocument(schema, type, action), variables: { input: { ...input, [name!]: null } } }
  const send = () => post(operations, `variables.input.${name}`, file, tell, signal)
  const answer = await inTurn(() => withSession(send), signal)
  if (!answer.data?.payload) throw answer.errors?.[0] ?? { message: '' }
  return answer.data.payload.record
}

function post(operations: object, place: string, file: File, tell: (part: number) => void, signal: AbortSignal) {
  const form = new FormData()
  form.set('operations', unmark(JSON.stringify(operations)))
  form.set('map', JSON.stringify({ 0: [place] }))
  form.set('0', file)
  return new Promise<{ status: number; answer: Answer; result: Answer }>((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', endpoint)
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value))
    request.upload.onprogress = e => { if (e.lengthComputable) tell(e.loaded / e.total) }
    request.onload = () => {
      let answer: Answer = {}
      try { answer = JSON.parse(mark(request.responseText)) } catch { /* a proxy's page */ }
      resolve({ status: request.status, answer, result: answer })
    }
    request.onerror = () => reject({ message: '' } satisfies Fault)
    request.onabort = () => reject(aborted)
    if (signal.aborted) return reject(aborted)
    signal.addEventListener('abort', () => request.abort())
    request.send(form)
  })
}
