import { Center, Image } from '@mantine/core'
import { IconFile, IconFileMusic, IconFileTypePdf, IconMovie } from '@tabler/icons-react'
import type { Reference } from '../api/documents'
import { useTexts } from '../texts'
import { fileAddress, isImage } from './value'

/** Preview shows what a file holds; a still one does not play. */
export function Preview({ file, height, still }: { file: Reference; height: number; still?: boolean }) {
  const t = useTexts()
  const address = fileAddress(file.url)
  const kind = file.contentType ?? ''
  if (isImage(file)) return <Image src={address} alt={file.alt ?? ''} h={height} fit={still ? 'cover' : 'contain'} loading="lazy" />
  if (!still && address && kind.startsWith('video/')) return <video src={address} controls preload="metadata" aria-label={file._title ?? t.preview} style={{ width: '100%', maxHeight: height }} />
  if (!still && address && kind.startsWith('audio/')) return <audio src={address} controls preload="metadata" aria-label={file._title ?? t.preview} style={{ width: '100%' }} />
  const Icon = kind.startsWith('video/') ? IconMovie : kind.startsWith('audio/') ? IconFileMusic : kind === 'application/pdf' ? IconFileTypePdf : IconFile
  return <Center h={Math.min(height, 160)} c="dimmed"><Icon size={44} stroke={1.3} aria-hidden /></Center>
}
