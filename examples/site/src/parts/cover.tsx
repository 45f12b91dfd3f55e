import { toFile } from './addresses'

interface Picture { url?: string | null, alt?: string | null, width?: number | null, height?: number | null }

// Cover is the picture of a post. The box has its shape before the bytes are there.
export function Cover({ picture, eager }: { picture: Picture, eager?: boolean }) {
  return (
    <img className="cover" src={toFile(picture)} alt={picture.alt ?? ''} width={picture.width ?? 16} height={picture.height ?? 9}
      loading={eager ? 'eager' : 'lazy'} fetchPriority={eager ? 'high' : 'auto'} decoding="async" />
  )
}
