import { useState } from 'react'
import type { Reference } from '../api/documents'
import { upload } from '../api/upload'
import { useTexts } from '../texts'
import { isFault, showFault } from './fault'

/** useUpload sends files one after the other; what fails is told and left out. */
export function useUpload() {
  const t = useTexts()
  const [progress, setProgress] = useState<{ name: string; part: number }>()
  async function send(files: Iterable<File>): Promise<Reference[]> {
    const sent: Reference[] = []
    for (const file of files) {
      try {
        setProgress({ name: file.name, part: 0 })
        sent.push(await upload(file, {}, part => setProgress({ name: file.name, part })))
      } catch (thrown) {
        const fault = isFault(thrown) ? thrown : { message: '' }
        showFault(t, fault.message ? { ...fault, message: `${file.name}: ${fault.message}` } : fault)
      }
    }
    setProgress(undefined)
    return sent
  }
  return { progress, send }
}
