// Uploads by the GraphQL multipart request specification, with their progress.
import type { Reference } from './documents'
import { endpoint, headers, withSession, type Fault } from './session'

const mutation = 'mutation Upload($input: UploadAssetInput!) { uploadAsset(input: $input) { asset { id _title: filename url contentType alt } } }'

interface Answer { data?: { uploadAsset: { asset: Reference } | null } | null; errors?: Fault[] }

/** upload sends a file and returns it as the server has it, or throws the fault. */
export function upload(file: File, input: { alt?: string }, tell: (part: number) => void, signal?: AbortSignal): Promise<Reference> {
  return withSession(() => send(file, input, tell, signal)).then(answer => {
    const asset = answer.data?.uploadAsset?.asset
    if (!asset) throw answer.errors?.[0] ?? { message: '' }
    return asset
  })
}

function send(file: File, input: object, tell: (part: number) => void, signal?: AbortSignal) {
  const form = new FormData()
  form.set('operations', JSON.stringify({ query: mutation, variables: { input: { ...input, file: null } } }))
  form.set('map', JSON.stringify({ 0: ['variables.input.file'] }))
  form.set('0', file)
  return new Promise<{ status: number; answer: Answer; result: Answer }>((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', endpoint)
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value))
    request.responseType = 'json'
    request.upload.onprogress = e => { if (e.lengthComputable) tell(e.loaded / e.total) }
    request.onload = () => {
      const answer: Answer = request.response ?? {}
      resolve({ status: request.status, answer, result: answer })
    }
    request.onerror = () => reject({ message: '' } satisfies Fault)
    request.onabort = () => reject({ message: '', extensions: { code: 'ABORTED' } } satisfies Fault)
    signal?.addEventListener('abort', () => request.abort())
    request.send(form)
  })
}
